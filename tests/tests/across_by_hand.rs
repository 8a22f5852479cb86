//! What needs no registry: messages in their handler's crate, contracts and events with a handler given to the
//! builder, dependencies and names given to the builder. All of it works with the feature `inventory` off, and the
//! same with it on.

use std::sync::{Arc, Mutex};

use contracts::{Charge, Charged, Paid, Receipt};
use cqrs_core::{Bus, Context, Events, Fault, FaultKind, ReadOnly, command, event, handler, query};

/// Answers at once, from the value that the builder is given.
#[query(output = u64)]
struct Limit;

struct Limits(u64);

impl ReadOnly for Limits {}

#[handler]
fn limit(_: Limit, limits: &Limits) -> u64 {
    limits.0
}

trait Notes: Send {
    fn note(&mut self, text: &str);
}

struct Shared(Arc<Mutex<Vec<String>>>);

impl Notes for Shared {
    fn note(&mut self, text: &str) {
        self.0.lock().expect("nobody panics here").push(text.to_owned());
    }
}

#[event(transient)]
#[derive(Clone)]
struct Noted {
    text: String,
}

/// Takes one of everything.
#[command(output = String, error = Fault, name = "by_hand.note")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Note {
    text: String,
}

#[handler]
async fn note(
    cmd: Note,
    limits: &Limits,
    notes: &mut dyn Notes,
    events: &mut Events,
    context: Context,
) -> Result<String, Fault> {
    if cmd.text.len() as u64 > limits.0 {
        return Err(Fault::invalid("too long"));
    }
    notes.note(&cmd.text);
    let answer = format!("{} in {}", cmd.text, context.tenant().unwrap_or("no tenant"));
    events.raise(Noted { text: cmd.text });
    Ok(answer)
}

#[tokio::test]
async fn a_message_of_the_handlers_crate_is_dispatched_statically() {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let (shared, ear) = (Arc::clone(&notes), Arc::clone(&heard));
    let bus = Bus::builder()
        .provide(Limits(5))
        .provide_call(move || Box::new(Shared(Arc::clone(&shared))) as Box<dyn Notes>)
        .register(move |event: Noted| {
            ear.lock().expect("nobody panics here").push(event.text);
            async {}
        })
        .build();
    assert_eq!(bus.query(Limit).await.unwrap(), 5);
    assert_eq!(bus.execute(Note { text: "short".to_owned() }).tenant("here").await.unwrap(), "short in here");
    let refused = bus.execute(Note { text: "too long".to_owned() }).await.unwrap_err();
    assert_eq!(refused.fault().map(Fault::kind), Some(FaultKind::Invalid));
    bus.settled().await;
    assert_eq!(*notes.lock().unwrap(), ["short"]);
    assert_eq!(*heard.lock().unwrap(), ["short"]);
}

#[tokio::test]
async fn a_contract_is_handled_by_a_closure() {
    let bus = Bus::builder()
        .register(|cmd: Charge| async move { Ok(Receipt { number: cmd.cents }) })
        .register(|query: Paid| async move { u64::from(query.customer) })
        .build();
    assert_eq!(bus.execute(Charge { customer: 1, cents: 41 }).await.unwrap(), Receipt { number: 41 });
    assert_eq!(bus.query(Paid { customer: 7 }).await.unwrap(), 7);
}

#[tokio::test]
async fn an_event_has_as_many_handlers_as_it_is_given_in_their_order() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = |name: &'static str| {
        let heard = Arc::clone(&heard);
        move |event: Charged| {
            heard.lock().expect("nobody panics here").push((name, event.cents));
            async { Ok::<(), Fault>(()) }
        }
    };
    let bus = Bus::builder().register(ear("first")).register(ear("second")).build();
    bus.publish(Charged { customer: 1, cents: 2 }).await.unwrap();
    bus.publish(Charged { customer: 1, cents: 3 }).await.unwrap();
    bus.settled().await;
    let mut heard = heard.lock().unwrap().clone();
    heard.sort_unstable();
    assert_eq!(heard, [("first", 2), ("first", 3), ("second", 2), ("second", 3)]);
}

#[tokio::test]
async fn a_name_is_given_to_the_builder() {
    let bus = Bus::builder()
        .message::<Note>()
        .provide(Limits(5))
        .provide_call(|| Box::new(Shared(Arc::default())) as Box<dyn Notes>)
        .build();
    let answer = bus.dispatch_json("by_hand.note", br#"{"text": "short"}"#).await.unwrap();
    assert_eq!(answer, "short in no tenant");
    let names: Vec<_> = bus.catalog().messages.iter().map(|message| message.name).collect();
    assert!(names.contains(&"by_hand.note"), "{names:?}");
    let report = bus.verify().to_string();
    assert!(!report.contains("by_hand.note"), "known by hand and by the registry is one message: {report}");
}

#[tokio::test]
async fn what_nobody_gave_is_a_fault_with_the_cure() {
    let bus = Bus::builder().build();
    let error = bus.query(Limit).await.unwrap_err();
    let fault = error.fault().expect("a fault");
    assert_eq!(fault.kind(), FaultKind::Wiring);
    assert!(fault.detail().contains("Limits") && fault.detail().contains("builder"), "{fault}");
    let error = bus.execute(Charge { customer: 1, cents: 1 }).await.unwrap_err();
    assert_eq!(error.fault().map(Fault::kind), Some(FaultKind::Wiring), "{error:?}");
}

/// Without the registry nothing is known that the builder is not given.
#[cfg(not(feature = "inventory"))]
mod without_the_registry {
    use super::*;

    #[test]
    fn the_catalog_holds_what_the_builder_was_given() {
        assert_eq!(Bus::builder().build().catalog().messages, []);
        assert_eq!(Bus::builder().build().catalog().providers, []);
        let bus = Bus::builder().message::<Note>().build();
        assert_eq!(bus.catalog().messages.len(), 1);
    }

    #[tokio::test]
    async fn a_name_is_unknown_and_a_linked_crate_registers_nothing() {
        cqrs_core::link!(billing);

        let bus = Bus::builder().build();
        let error = bus.dispatch_json("by_hand.note", b"{}").await.unwrap_err();
        assert_eq!(error.fault().map(Fault::kind), Some(FaultKind::NotFound), "{error}");
        let error = bus.execute(Charge { customer: 1, cents: 1 }).await.unwrap_err();
        assert_eq!(error.fault().map(Fault::kind), Some(FaultKind::Wiring), "{error:?}");
    }

    #[tokio::test]
    async fn static_handlers_of_another_crate_work_on_what_the_builder_is_given() {
        let settings = settings::Settings { limit: 1, made_of: "by hand".to_owned() };
        let bus = Bus::builder().provide(settings).register(|_: Charge| async { Ok(Receipt { number: 1 }) }).build();
        assert_eq!(bus.execute(shop::Order { customer: 1, cents: 1 }).await.unwrap(), Receipt { number: 1 });
        let error = bus.query(shop::MadeOf).await.unwrap_err();
        assert_eq!(error.fault().map(Fault::kind), Some(FaultKind::Wiring), "no provider registered: {error}");
    }
}
