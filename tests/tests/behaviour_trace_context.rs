//! Where a call stands in a distributed trace: given, inherited, delivered, made up.
#![cfg(feature = "inventory")]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use cqrs_core::{
    Bus, CommandBus, Context, EventMeta, Events, MessageId, Outbox, SpanId, TraceContext, command, event, handler,
    query,
};
use serde::{Deserialize, Serialize};

const HEADER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn given() -> TraceContext {
    HEADER.parse::<TraceContext>().unwrap().with_state("congo=t61rcWkgMzE").unwrap()
}

#[query(output = Context)]
struct Ask;

#[handler]
fn ask(_: Ask, context: Context) -> Context {
    context
}

/// Asks, with another correlation if one is named.
#[query(output = (Context, Context))]
struct AskAround(Option<&'static str>);

#[handler]
async fn ask_around(query: AskAround, context: Context) -> (Context, Context) {
    let asked = match query.0 {
        None => Bus::global().query(Ask).await,
        Some(correlation) => Bus::global().query(Ask).correlation(correlation).await,
    };
    (context, asked.unwrap())
}

#[query(output = Context)]
struct AskElsewhere;

#[handler]
async fn ask_elsewhere(_: AskElsewhere) -> Context {
    let elsewhere: TraceContext = "00-0000000000000000000000000000000a-000000000000000b-00".parse().unwrap();
    Bus::global().query(Ask).trace_context(elsewhere).await.unwrap()
}

/// The contexts of what followed, by who saw it.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(&'static str, Context)>>>);

impl Seen {
    fn push(&self, who: &'static str, context: Context) {
        self.0.lock().unwrap().push((who, context));
    }
}

#[event]
#[derive(Clone, Serialize, Deserialize)]
struct Happened;

#[command(output = Context)]
struct Make;

#[handler]
async fn make(_: Make, context: Context, events: &mut Events, outbox: &mut Outbox) -> Context {
    events.raise(Happened);
    outbox.send(Follow);
    context
}

#[command(wire)]
#[derive(Serialize, Deserialize)]
struct Follow;

#[handler]
fn follow(_: Follow, context: Context, seen: &Seen) {
    seen.push("outbox", context);
}

#[handler]
async fn happened(_: Happened, context: Context, meta: EventMeta, bus: CommandBus, seen: &Seen) {
    seen.push("raised by", meta.call().clone());
    seen.push("handler", context);
    bus.execute(Follow).await.unwrap();
}

fn span_of(context: &Context) -> SpanId {
    context.message_id().into()
}

/// In the trace that was given, from its own span.
fn continues(context: &Context) {
    assert_eq!(context.trace_context(), given().child(span_of(context)));
}

#[tokio::test]
async fn what_the_caller_gave_is_continued_by_the_call_and_by_what_is_nested_in_it() {
    let bus = Bus::builder().provide(Seen::default()).build();
    let asked = bus.query(Ask).trace_context(given()).await.unwrap();
    continues(&asked);
    assert_ne!(asked.trace_context().span_id(), given().span_id());
    for correlation in [None, Some("order-7")] {
        let (around, inside) = cqrs_core::testing::scope(bus.clone(), async {
            Bus::global().query(AskAround(correlation)).trace_context(given()).await.unwrap()
        })
        .await;
        continues(&around);
        continues(&inside);
        assert_ne!(span_of(&around), span_of(&inside));
    }
}

#[tokio::test]
async fn a_nested_call_may_be_given_another() {
    let asked = cqrs_core::testing::scope(Bus::builder().provide(Seen::default()).build(), async {
        Bus::global().query(AskElsewhere).trace_context(given()).await.unwrap()
    })
    .await;
    let own = format!("00-0000000000000000000000000000000a-{}-00", span_of(&asked));
    assert_eq!((asked.trace_context().to_string(), asked.trace_context().state()), (own, None));
}

#[tokio::test]
async fn what_the_bus_delivers_is_in_the_trace_of_the_call() {
    for given in [Some(given()), None] {
        let seen = Seen::default();
        let bus = Bus::builder().provide(seen.clone()).build();
        let made = match given {
            Some(given) => bus.execute(Make).trace_context(given).await,
            None => bus.execute(Make).await,
        };
        let made = made.unwrap();
        bus.settled().await;
        let seen = std::mem::take(&mut *seen.0.lock().unwrap());
        let mut who: Vec<_> = seen.iter().map(|(who, _)| *who).collect();
        who.sort_unstable();
        assert_eq!(who, ["handler", "outbox", "outbox", "raised by"]);
        let mut spans = BTreeSet::from([span_of(&made).to_string()]);
        for (who, context) in &seen {
            let own = context.trace_context();
            assert_eq!(own, made.trace_context().child(span_of(context)), "{who}");
            assert_eq!(spans.insert(own.span_id().to_string()), *who != "raised by", "each call is a span, {who}");
        }
    }
}

#[tokio::test]
async fn a_call_that_was_given_none_begins_a_trace() {
    let bus = Bus::builder().provide(Seen::default()).build();
    cqrs_core::testing::scope(bus.clone(), async {
        for correlation in [None, Some("order-7")] {
            let (around, inside) = Bus::global().query(AskAround(correlation)).await.unwrap();
            let own = around.trace_context();
            assert_eq!(own.trace_id().to_bytes(), around.message_id().as_uuid().into_bytes());
            assert!(!own.is_sampled() && own.state().is_none());
            assert_eq!(own, around.trace_context(), "whoever asks, and whenever");
            assert_eq!(inside.trace_context(), own.child(span_of(&inside)));
        }
    })
    .await;
    let first = bus.query(Ask).await.unwrap().trace_context();
    let second = bus.query(Ask).await.unwrap().trace_context();
    assert!(first.trace_id() != second.trace_id() && first.span_id() != second.span_id());
}

#[tokio::test]
async fn what_belongs_together_is_one_trace() {
    let bus = Bus::builder().provide(Seen::default()).build();
    let trace = async |correlation: &str| {
        let asked = bus.query(Ask).correlation(correlation).await.unwrap();
        asked.trace_context().trace_id().to_string()
    };
    assert_eq!(trace("order-7").await, trace("order-7").await);
    assert_ne!(trace("order-7").await, trace("order-8").await);
    let root = MessageId::new();
    assert_eq!(trace(&root.to_string()).await, root.as_uuid().simple().to_string());
    assert_eq!(
        trace("00000000-0000-0000-0000-000000000000").await,
        "00000000000000000000000000000001",
        "never all zero"
    );
}

#[tokio::test]
async fn it_crosses_a_process_with_its_context() {
    let bus = Bus::builder().provide(Seen::default()).build();
    for (given, written) in [(Some(given()), true), (None, false)] {
        let asked = match given {
            Some(given) => bus.query(Ask).trace_context(given).await,
            None => bus.query(Ask).await,
        };
        let asked = asked.unwrap();
        let json = serde_json::to_value(&asked).unwrap();
        assert_eq!(json.get("trace_context").is_some(), written, "{json}");
        let read: Context = serde_json::from_value(json).unwrap();
        assert_eq!(read, asked);
        assert_eq!(read.trace_context(), asked.trace_context());
    }
    let mut json = serde_json::to_value(bus.query(Ask).trace_context(given()).await.unwrap()).unwrap();
    assert_eq!(
        json["trace_context"],
        serde_json::json!({"traceparent": HEADER, "tracestate": "congo=t61rcWkgMzE"}),
        "what the caller gave"
    );
    json["trace_context"]["traceparent"] = "00-00".into();
    assert!(serde_json::from_value::<Context>(json).is_err());
}
