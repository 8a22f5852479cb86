//! One span for each call, with what it was and what came of it.

#![cfg(feature = "inventory")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::{Bus, CommandBus, Events, Fault, MessageId, Principal, command, event, handler, query};
use tests::quiet::expect_panics;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// The spans of this thread that ended, each with its fields. Those of calls in tasks of their own end in any order.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Span>>>);

type Span = BTreeMap<&'static str, String>;

impl Spans {
    fn listen(&self) -> DefaultGuard {
        tracing::subscriber::set_default(tracing_subscriber::registry().with(self.clone()))
    }

    fn take(&self) -> Vec<Span> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// The span of the call to this handler.
    fn of(&self, handler: &str) -> Span {
        let spans = self.0.lock().unwrap();
        let mut found = spans.iter().filter(|span| span["handler"] == format!("pipeline_observed::{handler}"));
        let span = found.next().unwrap_or_else(|| panic!("no span of {handler}: {spans:#?}")).clone();
        assert!(found.next().is_none(), "two spans of {handler}");
        span
    }

    /// What every ended call was and came to.
    fn outcomes(&self) -> Vec<String> {
        self.take().iter().map(|span| format!("{} {}: {}", span["kind"], span["message"], span["outcome"])).collect()
    }
}

struct Fields<'a>(&'a mut Span);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut span = Span::new();
        attributes.record(&mut Fields(&mut span));
        let of = context.span(id).unwrap();
        if let Some(parent) = of.parent() {
            span.insert("inside of", parent.extensions().get::<Span>().unwrap()["message"].clone());
        }
        of.extensions_mut().insert(span);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        values.record(&mut Fields(context.span(id).unwrap().extensions_mut().get_mut::<Span>().unwrap()));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(span) = context.span(&id).unwrap().extensions_mut().remove::<Span>() {
            self.0.lock().unwrap().push(span);
        }
    }
}

#[command(error = Fault)]
struct Outer;

#[handler]
async fn outer(_: Outer, bus: CommandBus) -> Result<(), Fault> {
    bus.execute(Inner { fails: false }).await.map_err(|error| Fault::internal(error.to_string()))
}

#[command(error = String, timeout = "5s")]
struct Inner {
    fails: bool,
}

#[handler]
async fn inner(cmd: Inner, events: &mut Events) -> Result<(), String> {
    tokio::task::yield_now().await;
    events.raise(Happened);
    if cmd.fails { Err("no".into()) } else { Ok(()) }
}

#[event(transient)]
#[derive(Clone)]
struct Happened;

#[handler]
async fn happened(_: Happened) {}

#[query(output = u32, authorize = "numbers")]
struct Number;

#[handler]
fn number(_: Number) -> u32 {
    7
}

#[command(timeout = "1s")]
struct Slow;

#[handler]
async fn slow(_: Slow) {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[command]
struct Breaks;

#[handler]
async fn breaks(_: Breaks) {
    panic!("a cup broke");
}

#[command(contract, output = u32)]
struct Agreed;

#[handler]
async fn agreed(_: Agreed) -> u32 {
    7
}

#[tokio::test]
async fn a_call_has_a_span_with_its_ids_its_handler_and_its_outcome() {
    let spans = Spans::default();
    let _listening = spans.listen();
    let bus = Bus::builder().build();
    let cause = MessageId::new();
    bus.execute(Inner { fails: false }).correlation("order-7").causation(cause).await.unwrap();
    bus.settled().await;
    let span = spans.of("inner");
    assert_eq!((span["message"].as_str(), span["kind"].as_str(), span["outcome"].as_str()), ("Inner", "command", "ok"));
    assert_eq!(span["correlation_id"], "order-7");
    assert_eq!(span["causation_id"], cause.to_string());
    assert_eq!(span["handler"], "pipeline_observed::inner");
    assert!(span["at"].starts_with("tests/tests/pipeline_observed.rs:"), "{}", span["at"]);
    assert!(!span.contains_key("fault"));
    assert_eq!(span["message_id"].len(), 36);
}

#[tokio::test]
async fn what_is_nested_and_what_follows_is_told_apart_and_belongs_together() {
    let spans = Spans::default();
    let _listening = spans.listen();
    let bus = Bus::builder().build();
    bus.execute(Outer).await.unwrap();
    bus.settled().await;
    let [outer, inner, happened] = ["outer", "inner", "happened"].map(|handler| spans.of(handler));
    assert_eq!([&outer, &inner, &happened].map(|span| span["outcome"].as_str()), ["ok"; 3]);
    assert_eq!(inner["inside of"], "Outer");
    assert_eq!(inner["causation_id"], outer["message_id"]);
    assert_eq!((&inner["correlation_id"], &happened["correlation_id"]), (&outer["message_id"], &outer["message_id"]));
    assert_eq!(happened["causation_id"], inner["message_id"]);
}

#[tokio::test(start_paused = true)]
async fn every_end_of_a_call_is_told() {
    expect_panics(&["a cup broke"]);
    let spans = Spans::default();
    let _listening = spans.listen();
    let bus = Bus::builder().build();
    bus.execute(Inner { fails: true }).await.unwrap_err();
    tokio::task::yield_now().await; // its task lets go of the span
    bus.query(Number).await.unwrap_err();
    bus.query(Number).by(Principal::new("ada").with_scope("numbers")).await.unwrap();
    bus.execute(Slow).await.unwrap_err();
    bus.execute(Breaks).await.unwrap_err();
    let mut dropped = Box::pin(bus.execute(Slow).into_future());
    assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(dropped.as_mut().poll(cx).is_pending())).await);
    drop(dropped);
    assert_eq!(
        spans.outcomes(),
        [
            "command Inner: rejected",
            "query Number: unauthenticated",
            "query Number: ok",
            "command Slow: timeout",
            "command Breaks: panic",
            "command Slow: dropped",
        ]
    );
    bus.execute(Breaks).await.unwrap_err();
    assert!(spans.take()[0]["fault"].contains("a cup broke"));
}

#[tokio::test]
async fn a_contract_is_told_with_its_handler_and_a_publication_with_its_event() {
    let spans = Spans::default();
    let _listening = spans.listen();
    let bus = Bus::builder().build();
    bus.execute(Agreed).await.unwrap();
    bus.publish(Happened).await.unwrap();
    bus.settled().await;
    assert_eq!(spans.of("agreed")["message"], "Agreed");
    assert_eq!([spans.of("Happened"), spans.of("happened")].map(|span| span["message"].clone()), ["Happened"; 2]);
    let stood_in = Bus::builder().register(|_: Agreed| async { 8 }).build();
    stood_in.execute(Agreed).await.unwrap();
    assert_eq!(spans.of("Agreed")["outcome"], "ok", "a closure stands where its message does");
}

#[tokio::test]
async fn what_is_wired_wrongly_is_told_too() {
    let spans = Spans::default();
    let _listening = spans.listen();
    let bus = Bus::builder().build();
    bus.execute(Unwired).await.unwrap_err();
    let [span] = &spans.take()[..] else { panic!("one span") };
    assert_eq!((span["outcome"].as_str(), span["handler"].as_str()), ("wiring", "pipeline_observed::unwired"));
    assert!(span["fault"].contains("nothing provides"), "{}", span["fault"]);
}

struct Nothing;

#[command]
struct Unwired;

#[handler]
fn unwired(_: Unwired, _: &Nothing) {}

// What only a listener asks for is code of the user's too.

#[derive(Debug)]
struct Moody;

impl cqrs_core::Succeeds for Moody {
    fn is_success(&self) -> bool {
        panic!("no word from me")
    }
}

#[command(output = Moody)]
struct BeMoody;

#[handler]
fn be_moody(_: BeMoody) -> Moody {
    Moody
}

#[derive(Debug)]
struct Mute;

impl std::fmt::Display for Mute {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("no word from me")
    }
}

impl std::error::Error for Mute {}

#[command(error = Fault)]
struct BeMute;

#[handler]
fn be_mute(_: BeMute) -> Result<(), Fault> {
    Err(Fault::unavailable("it says nothing").caused_by(Mute))
}

#[tokio::test]
async fn what_panics_when_it_is_told_changes_no_answer() {
    expect_panics(&["no word from me"]);
    let bus = Bus::builder().build();
    let spans = Spans::default();
    let _listening = spans.listen();
    bus.execute(BeMoody).await.unwrap();
    assert!(spans.take()[0]["fault"].contains("panicked: no word from me"));
    let error = bus.execute(BeMute).await.unwrap_err();
    assert_eq!(error.fault().unwrap().detail(), "it says nothing");
    assert_eq!(spans.outcomes(), ["command BeMute: panic"]);
}
