//! `#[behavior]` and behaviors of a builder: what they see, and what they may do.

#![cfg(feature = "inventory")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::{
    BoxError, BoxFuture, Bus, Call, Context, Effect, EventMeta, Events, Fault, FaultKind, MessageKind, Next, On,
    Outcome, Principal, behavior, command, event, handler, query,
};
use serde::{Deserialize, Serialize};
use tests::quiet::expect_panics;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[command(output = u64, error = Sold, name = "shop.buy")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Buy {
    sku: u32,
}

#[derive(Debug, PartialEq, thiserror::Error, cqrs_core::Problem)]
enum Sold {
    #[error("sold out")]
    #[problem(status = 409)]
    Out,
}

#[event]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Bought {
    sku: u32,
}

#[handler]
async fn buy(cmd: Buy, events: &mut Events) -> Result<u64, Sold> {
    events.raise(Bought { sku: cmd.sku });
    match cmd.sku {
        0 => Err(Sold::Out),
        1 => panic!("the till is stuck"),
        sku => Ok(u64::from(sku) * 100),
    }
}

#[handler]
async fn note(event: Bought, log: &Log) -> Result<(), BoxError> {
    log.add(format!("handled {}", event.sku));
    if event.sku == 9 { Err("nine".into()) } else { Ok(()) }
}

#[query(output = u64)]
struct Price {
    sku: u32,
}

#[handler]
fn price(query: Price) -> u64 {
    u64::from(query.sku) * 100
}

/// Writes down everything that a behavior is told.
#[behavior(order = 10, on(Buy | events))]
async fn tell(call: &Call<'_>, next: Next<'_>, log: &Log, context: Context) -> Outcome {
    assert_eq!(&context, call.context());
    let json = next.to_json().expect("it can be written").unwrap();
    let typed = next.as_message::<Buy>().is_some() || next.message().is::<Bought>();
    let who = context.principal().map_or("nobody", Principal::id).to_owned();
    log.add(format!("{} {} in {} by {who}: {json} {typed}", call.kind(), call.name(), call.handler().path));
    let outcome = next.run().await;
    let told = match (outcome.as_output::<u64>(), outcome.as_rejection::<Sold>(), outcome.as_fault()) {
        (Some(output), ..) => format!("output {output}"),
        (_, Some(sold), _) => format!("rejection {sold}"),
        (.., Some(fault)) => format!("fault {}", fault.kind().as_str()),
        _ => "another".to_owned(),
    };
    log.add(format!("{told} {} {}", outcome.is_success(), outcome.is_rejection()));
    outcome
}

fn world() -> (Bus, Log) {
    let log = Log::default();
    (Bus::builder().provide(log.clone()).build(), log)
}

#[tokio::test]
async fn it_sees_the_call_its_context_and_its_outcome() {
    expect_panics(&["the till is stuck"]);
    let (bus, log) = world();
    assert_eq!(bus.execute(Buy { sku: 7 }).by(Principal::new("ada")).await.unwrap(), 700);
    bus.settled().await;
    assert_eq!(
        log.lines(),
        [
            "command shop.buy in pipeline_behaviors::buy by ada: {\"sku\":7} true",
            "output 700 true false",
            "event Bought in pipeline_behaviors::note by pipeline_behaviors::note: {\"sku\":7} true",
            "handled 7",
            "another true false",
        ]
    );
    let (bus, log) = world();
    assert_eq!(bus.execute(Buy { sku: 0 }).await.unwrap_err().rejection(), Some(&Sold::Out));
    assert_eq!(log.lines()[1], "rejection sold out false true");
    let (bus, log) = world();
    let error = bus.execute(Buy { sku: 1 }).await.unwrap_err();
    let fault = error.fault().unwrap();
    assert_eq!(fault.kind(), FaultKind::Panic);
    assert_eq!(fault.place().unwrap().path, "pipeline_behaviors::buy", "the handler panicked, and no behavior");
    assert_eq!(log.lines()[1], "fault panic false false");
}

#[tokio::test]
async fn it_applies_nowhere_else() {
    let (bus, log) = world();
    assert_eq!(bus.query(Price { sku: 1 }).await.unwrap(), 100);
    assert_eq!(log.lines(), [""; 0]);
}

#[tokio::test]
async fn it_is_around_a_call_by_name_too() {
    let (bus, log) = world();
    assert_eq!(bus.dispatch_json("shop.buy", br#"{"sku":3}"#).await.unwrap(), 300);
    assert!(log.lines()[0].starts_with("command shop.buy"), "{:?}", log.lines());
}

#[tokio::test]
async fn it_sees_what_the_handler_of_an_event_came_to() {
    let (bus, log) = world();
    bus.publish(Bought { sku: 9 }).await.unwrap();
    bus.settled().await;
    let lines = log.lines();
    assert_eq!(lines[1..], ["handled 9", "another false true"], "a rejection, which is a `BoxError`");
}

#[tokio::test]
async fn it_may_answer_instead_of_the_handler() {
    let (_, log) = world();
    let bus = Bus::builder()
        .provide(log.clone())
        .behavior(1, [On::message::<Buy>()], |_, next| {
            Box::pin(async move {
                match next.as_message::<Buy>().map(|buy| buy.sku) {
                    Some(100) => Outcome::output(1_u64),
                    Some(101) => Outcome::rejection(Sold::Out),
                    Some(102) => Fault::unavailable("closed on Sundays").into(),
                    Some(103) => Outcome::output("text"),
                    Some(104) => Outcome::rejection("text"),
                    Some(105) => panic!("the clerk fainted"),
                    _ => next.run().await,
                }
            })
        })
        .build();
    expect_panics(&["the clerk fainted"]);
    let buy = |sku| bus.execute(Buy { sku }).into_future();
    assert_eq!(buy(100).await.unwrap(), 1);
    assert_eq!(buy(101).await.unwrap_err().rejection(), Some(&Sold::Out));
    assert_eq!(buy(102).await.unwrap_err().fault().unwrap().kind(), FaultKind::Unavailable);
    for (sku, declared) in [(103, "u64"), (104, "Sold")] {
        let error = buy(sku).await.unwrap_err();
        let fault = error.fault().unwrap();
        assert_eq!(fault.kind(), FaultKind::Wiring);
        let text = fault.to_string();
        assert!(text.contains("&str") && text.contains(declared) && text.contains("pipeline_behaviors.rs"), "{text}");
    }
    let error = buy(105).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("the behavior panicked: the clerk fainted") && text.contains("a behavior of this bus"),
        "{text}"
    );
    assert_eq!(log.lines(), [""; 0], "nothing inside of it ran");
    assert_eq!(buy(2).await.unwrap(), 200);
}

#[tokio::test]
async fn behaviors_of_a_builder_and_linked_in_ones_are_one_list_by_order() {
    let log = Log::default();
    let add = |builder: cqrs_core::Builder, order, name: &'static str| {
        let log = log.clone();
        builder.behavior(order, [On::Commands], move |_, next| {
            let log = log.clone();
            Box::pin(async move {
                log.add(name);
                next.run().await
            })
        })
    };
    let builder = Bus::builder().provide(log.clone());
    let bus = add(add(add(builder, 11, "last"), -5, "first"), 9, "second").build();
    bus.execute(Buy { sku: 2 }).await.unwrap();
    let names: Vec<_> = log.lines().into_iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(names[..5], ["first", "second", "command", "last", "output"]);
    let entry = bus.catalog().messages.into_iter().find(|message| message.name == "shop.buy").unwrap();
    let orders: Vec<_> = entry.pipeline.iter().map(|element| (element.element, element.detail.as_str())).collect();
    assert_eq!(
        orders,
        [("behavior", "order -5"), ("behavior", "order 9"), ("behavior", "order 10"), ("behavior", "order 11")]
    );
}

/// Around the handlers of one event alone, with what belongs to it.
#[behavior(order = 3, on(Bought))]
async fn meta(_: &Call<'_>, next: Next<'_>, meta: EventMeta, log: &Log) -> Outcome {
    if meta.name() != "Bought" {
        log.add("another event");
    }
    next.run().await
}

#[event(transient)]
#[derive(Clone)]
struct Told;

#[handler]
async fn told(_: Told, log: &Log) {
    log.add("told");
}

/// Has nothing to write a transient event down with.
#[behavior(order = 4, on(Told))]
async fn no_json(call: &Call<'_>, next: Next<'_>, log: &Log) -> Outcome {
    log.add(format!("{} {:?}", call.kind(), next.to_json().is_none()));
    assert_eq!(call.kind(), MessageKind::Event);
    drop(next);
    Outcome::rejection::<BoxError>("not today".into())
}

#[tokio::test]
async fn a_behavior_of_an_event_may_answer_instead_of_its_handler() {
    let log = Log::default();
    // Nor does `tell`, which is around every event, come to see it.
    let bus = Bus::builder().provide(log.clone()).build();
    bus.publish(Told).await.unwrap();
    bus.settled().await;
    assert_eq!(log.lines(), ["event true"]);
}

#[tokio::test]
async fn what_a_behavior_needs_is_verified_and_asked_for_at_the_call() {
    let bus = Bus::builder().build();
    let report = bus.verify().to_string();
    assert!(report.contains("`&pipeline_behaviors::Log`") && report.contains("pipeline_behaviors::tell"), "{report}");
    assert_eq!(bus.execute(Buy { sku: 2 }).await.unwrap_err().fault().unwrap().kind(), FaultKind::Wiring);
}

// What a behavior does when the unit of work has committed, or is about to.

#[command(output = u32)]
struct Jot;

#[handler]
async fn jot(_: Jot, page: &mut tests::ledger::Page) -> u32 {
    page.write("a line");
    7
}

/// A bus with this around `Jot`.
fn around_jot(
    store: &tests::ledger::Ledger,
    code: impl for<'a> Fn(Next<'a>) -> BoxFuture<'a, Outcome> + Send + Sync + 'static,
) -> Bus {
    let builder = Bus::builder().provide(Log::default()).provide(store.clone());
    builder.behavior(1, [On::message::<Jot>()], move |_, next| code(next)).build()
}

#[tokio::test]
async fn a_behavior_that_fails_after_the_commit_does_not_say_that_nothing_happened() {
    expect_panics(&["the ink dried"]);
    let store = tests::ledger::Ledger::default();
    let panics = around_jot(&store, |next| {
        Box::pin(async {
            next.run().await;
            panic!("the ink dried")
        })
    });
    let answers_another = around_jot(&store, |next| {
        Box::pin(async {
            next.run().await;
            Outcome::output("text")
        })
    });
    for (bus, kind) in [(panics, FaultKind::Panic), (answers_another, FaultKind::Wiring)] {
        let error = bus.execute(Jot).await.unwrap_err();
        let fault = error.fault().unwrap();
        assert_eq!((fault.kind(), fault.effect()), (kind, Effect::Unknown), "{fault}");
    }
    assert_eq!(store.commits().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_behavior_that_does_not_wait_for_the_commit_does_not_know_what_happened() {
    let store = tests::ledger::Ledger::default();
    store.hold(Arc::new(tokio::sync::Semaphore::new(0)));
    let bus = around_jot(&store, |next| {
        Box::pin(async {
            let outcome = tokio::time::timeout(Duration::from_secs(1), next.run()).await;
            outcome.unwrap_or_else(|_| Fault::timeout(None).into())
        })
    });
    let error = bus.execute(Jot).await.unwrap_err();
    let fault = error.fault().unwrap();
    assert_eq!((fault.kind(), fault.effect()), (FaultKind::Timeout, Effect::Unknown));
}

#[tokio::test]
async fn a_behavior_sees_that_what_failed_was_rolled_back() {
    let store = tests::ledger::Ledger::default();
    store.fail(tests::ledger::Failing::Conflict);
    let bus = around_jot(&store, |next| Box::pin(next.run()));
    let error = bus.execute(Jot).await.unwrap_err();
    assert_eq!(error.fault().unwrap().effect(), Effect::Nothing);
}

// A behavior's error is what a handler's is.

#[derive(Debug, thiserror::Error, cqrs_core::Problem)]
enum Refused {
    #[error("no")]
    #[problem(status = 409)]
    No,
    #[error(transparent)]
    #[fault]
    Fault(#[from] Fault),
}

#[command(error = Refused)]
struct Ask(bool);

#[handler]
fn ask(_: Ask) -> Result<(), Refused> {
    Ok(())
}

#[command(error = Fault)]
struct AskTheBus;

#[handler]
fn ask_the_bus(_: AskTheBus) -> Result<(), Fault> {
    Ok(())
}

#[event]
#[derive(Clone, Serialize, Deserialize)]
struct Asked;

#[handler]
async fn asked(_: Asked, log: &Log) {
    log.add("asked");
}

#[tokio::test(start_paused = true)]
async fn a_fault_inside_a_behaviors_error_is_lifted_out() {
    let log = Log::default();
    let closed = || Fault::unavailable("closed");
    let bus = Bus::builder()
        .provide(log.clone())
        .behavior(1, [On::message::<Ask>()], move |_, next| {
            let for_a_fault = next.as_message::<Ask>().is_some_and(|ask| ask.0);
            let refused = if for_a_fault { Refused::Fault(closed()) } else { Refused::No };
            Box::pin(async { Outcome::rejection(refused) })
        })
        .behavior(1, [On::message::<AskTheBus>()], move |_, _| Box::pin(async move { Outcome::rejection(closed()) }))
        .behavior(1, [On::message::<Asked>()], {
            let fails = AtomicBool::new(true);
            move |_, next| {
                let fails = fails.swap(false, Ordering::SeqCst);
                Box::pin(async move {
                    if fails { Outcome::rejection::<BoxError>(closed().into()) } else { next.run().await }
                })
            }
        })
        .build();
    assert!(matches!(bus.execute(Ask(false)).await.unwrap_err().rejection(), Some(Refused::No)));
    assert_eq!(bus.execute(Ask(true)).await.unwrap_err().fault().unwrap().kind(), FaultKind::Unavailable);
    assert_eq!(bus.execute(AskTheBus).await.unwrap_err().fault().unwrap().kind(), FaultKind::Unavailable);
    bus.publish(Asked).await.unwrap();
    bus.settled().await;
    assert!(log.lines().contains(&"asked".to_owned()), "a transient fault is tried again: {:?}", log.lines());
}
