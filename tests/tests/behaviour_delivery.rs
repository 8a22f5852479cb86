//! What follows a commit, in memory: events to their handlers, the outbox's commands to theirs.
#![cfg(feature = "inventory")]

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use cqrs_core::{
    Bus, Context, EventMeta, Events, Fault, FaultKind, InMemoryUnit, MessageId, Outbox, Principal, command, event,
    handler, provide,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

/// What the handlers of one bus saw.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn push(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

fn app() -> (Bus, Seen) {
    let seen = Seen::default();
    (Bus::builder().provide(seen.clone()).build(), seen)
}

// ---------------------------------------------------------------- order, failures

#[event]
#[derive(Clone, Serialize, Deserialize)]
struct Ticked(u32);

#[command]
struct Tick(Vec<u32>);

#[handler]
async fn tick(cmd: Tick, events: &mut Events) {
    for n in cmd.0 {
        events.raise(Ticked(n));
        tokio::task::yield_now().await;
    }
}

#[handler]
async fn steady(event: Ticked, seen: &Seen) {
    tokio::task::yield_now().await;
    seen.push(format!("steady {}", event.0));
}

#[handler]
async fn failing(event: Ticked, seen: &Seen) -> Result<(), std::io::Error> {
    seen.push(format!("failing {}", event.0));
    if event.0.is_multiple_of(2) { Err(std::io::Error::other("even")) } else { Ok(()) }
}

#[handler]
fn panicking(event: Ticked, seen: &Seen) {
    seen.push(format!("panicking {}", event.0));
    assert!(!event.0.is_multiple_of(2), "an even tick");
}

fn of<'a>(lines: &'a [String], who: &str) -> Vec<&'a str> {
    lines.iter().filter_map(|line| line.strip_prefix(who)?.strip_prefix(' ')).collect()
}

#[tokio::test]
async fn each_handler_gets_every_event_in_order_whatever_the_others_do() {
    tests::quiet::expect_panics(&["an even tick"]);
    let (bus, seen) = app();
    bus.execute(Tick(vec![1, 2])).await.unwrap();
    bus.publish(Ticked(3)).await.unwrap();
    bus.execute(Tick(vec![4, 5])).await.unwrap();
    bus.settled().await;
    let lines = seen.lines();
    for who in ["steady", "failing", "panicking"] {
        assert_eq!(of(&lines, who), ["1", "2", "3", "4", "5"], "{who}: {lines:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_keep_one_order_for_all_handlers() {
    tests::quiet::expect_panics(&["an even tick"]);
    let (bus, seen) = app();
    let calls: Vec<_> = (0..64)
        .map(|n| {
            let bus = bus.clone();
            tokio::spawn(async move { bus.execute(Tick(vec![2 * n, 2 * n + 1])).await.unwrap() })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    bus.settled().await;
    let lines = seen.lines();
    let (steady, failing) = (of(&lines, "steady"), of(&lines, "failing"));
    assert_eq!(steady.len(), 128);
    assert_eq!(steady, failing, "commits have one order, and each handler sees it");
    for pair in steady.chunks(2) {
        let [first, second] = pair else { panic!("{pair:?}") };
        assert_eq!(first.parse::<u32>().unwrap() + 1, second.parse::<u32>().unwrap(), "a call's events stay together");
    }
}

#[event(transient)]
#[derive(Clone)]
struct Opened(u32);

#[event(transient)]
#[derive(Clone)]
struct Closed(u32);

/// A read model that follows two events.
struct Doors(Seen);

#[provide]
fn doors(seen: &Seen) -> Doors {
    Doors(seen.clone())
}

#[handler]
impl Doors {
    async fn opened(&self, event: Opened) {
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
        self.0.push(format!("opened {}", event.0));
    }

    fn closed(&self, event: Closed) {
        self.0.push(format!("closed {}", event.0));
    }
}

#[tokio::test]
async fn the_methods_of_one_type_take_their_events_in_turn() {
    let (bus, seen) = app();
    for n in 0..3 {
        bus.publish(Opened(n)).await.unwrap();
        bus.publish(Closed(n)).await.unwrap();
    }
    bus.settled().await;
    assert_eq!(seen.lines(), ["opened 0", "closed 0", "opened 1", "closed 1", "opened 2", "closed 2"]);
}

// ---------------------------------------------------------------- what a handler of an event is

#[event]
#[derive(Clone, Serialize, Deserialize)]
struct Asked;

#[handler]
async fn answered(_: Asked, meta: EventMeta, context: Context, seen: &Seen, events: &mut Events) -> Result<(), Fault> {
    seen.push(serde_json::to_string(&(meta, context)).unwrap());
    events.raise(Followed);
    Ok(())
}

#[event(transient)]
#[derive(Clone)]
struct Followed;

#[handler]
async fn followed(_: Followed, meta: EventMeta, seen: &Seen) {
    seen.push(serde_json::to_string(&(meta.clone(), meta.call().clone())).unwrap());
}

#[tokio::test]
async fn an_event_knows_where_it_comes_from() {
    let (bus, seen) = app();
    let before = SystemTime::now();
    bus.publish(Asked).by(Principal::new("ada")).tenant("acme").correlation("edge").metadata("a", "b").await.unwrap();
    bus.settled().await;
    let lines = seen.lines();
    assert_eq!(lines.len(), 2, "what follows from an event is waited for too: {lines:?}");
    let (meta, context): (EventMeta, Context) = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(meta.name(), "Asked");
    assert!(meta.raised_at() >= before);
    assert_eq!(meta.call().principal().unwrap().id(), "ada");
    assert_eq!(context.causation_id(), Some(meta.call().message_id()));
    assert_eq!(context.correlation_id(), meta.call().correlation_id());
    assert_eq!(context.tenant(), Some("acme"));
    assert_eq!(context.deadline(), None);
    let who = context.principal().unwrap();
    assert!(who.is_system() && who.id().ends_with("::answered"), "{who:?}");
    assert_eq!((context.metadata()["actor"].as_str(), context.metadata()["a"].as_str()), ("ada", "b"));
    let (followed, raising): (EventMeta, Context) = serde_json::from_str(&lines[1]).unwrap();
    assert_eq!(raising.message_id(), context.message_id(), "raised by the first event's delivery");
    assert_eq!(raising.correlation_id(), context.correlation_id());
    assert_ne!(followed.event_id(), meta.event_id());
}

#[command]
struct Confused;

#[handler]
fn confused(_: Confused, _: EventMeta) {}

#[tokio::test]
async fn a_call_that_is_no_delivery_has_no_event() {
    let error = app().0.execute(Confused).await.unwrap_err();
    assert_eq!(error.fault().unwrap().kind(), FaultKind::Wiring);
}

// ---------------------------------------------------------------- transient faults

#[event(transient)]
#[derive(Clone)]
struct Rang(&'static str);

#[handler]
async fn pick_up(event: Rang, seen: &Seen) -> Result<(), Fault> {
    seen.push(event.0);
    let tries = seen.0.lock().unwrap().iter().filter(|line| *line == event.0).count();
    match event.0 {
        "busy" if tries < 3 => Err(Fault::unavailable("busy")),
        "dead" => Err(Fault::unavailable("dead")),
        "wrong" => Err(Fault::internal("wrong number")),
        _ => Ok(()),
    }
}

#[tokio::test(start_paused = true)]
async fn a_transient_fault_is_tried_again_a_few_times_and_in_order() {
    let (bus, seen) = app();
    for call in ["busy", "wrong", "dead", "well"] {
        bus.publish(Rang(call)).await.unwrap();
    }
    bus.settled().await;
    assert_eq!(seen.lines(), ["busy", "busy", "busy", "wrong", "dead", "dead", "dead", "dead", "dead", "dead", "well"]);
}

// ---------------------------------------------------------------- bounded

#[event(transient)]
#[derive(Clone)]
struct Piled;

struct Gate(Semaphore);

#[handler]
async fn pile(_: Piled, gate: &Gate, seen: &Seen) {
    gate.0.acquire().await.unwrap().forget();
    seen.push("piled");
}

#[command]
struct PileUp(usize);

#[handler]
fn pile_up(cmd: PileUp, events: &mut Events) {
    (0..cmd.0).for_each(|_| events.raise(Piled));
}

#[tokio::test(start_paused = true)]
async fn a_commit_whose_events_find_no_room_waits_before_it_begins() {
    let (gate, seen) = (Arc::new(Gate(Semaphore::new(0))), Seen::default());
    let bus = Bus::builder().provide_dyn(gate.clone()).provide(seen.clone()).queue_capacity(3).build();
    bus.execute(PileUp(2)).await.unwrap();
    let full = bus.execute(PileUp(2)).timeout(Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(full.fault().unwrap().kind(), FaultKind::Timeout, "nothing happened");
    let (third, ()) = tokio::join!(bus.execute(PileUp(2)).into_future(), async { gate.0.add_permits(4) });
    third.unwrap();
    bus.settled().await;
    assert_eq!(seen.lines().len(), 4, "what timed out delivered nothing");
    let never = bus.execute(PileUp(4)).await.unwrap_err();
    assert_eq!(never.fault().unwrap().kind(), FaultKind::Wiring);
    assert!(never.to_string().contains("queue_capacity"), "{never}");
}

#[event(transient)]
#[derive(Clone)]
struct Chain(u32);

#[handler]
fn chain(event: Chain, events: &mut Events, seen: &Seen) {
    seen.push(format!("chain {}", event.0));
    if event.0 > 0 {
        events.raise(Chain(event.0 - 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_raises_into_a_full_queue_fails_instead_of_waiting_for_itself() {
    let seen = Seen::default();
    let bus = Bus::builder().provide(seen.clone()).queue_capacity(1).build();
    bus.publish(Chain(3)).await.unwrap();
    bus.settled().await;
    assert!(seen.lines().iter().all(|line| line == "chain 3"), "it was tried again, and given up");
    let roomy = Bus::builder().provide(seen.clone()).queue_capacity(2).build();
    roomy.publish(Chain(3)).await.unwrap();
    roomy.settled().await;
    assert_eq!(seen.lines(), ["chain 3", "chain 2", "chain 1", "chain 0"]);
}

// ---------------------------------------------------------------- outbox

#[command(wire)]
#[derive(Serialize, Deserialize)]
struct Ship(u32);

#[handler]
async fn ship(cmd: Ship, context: Context, seen: &Seen) {
    seen.push(format!("ship {} {}", cmd.0, serde_json::to_string(&context).unwrap()));
}

#[command(output = MessageId)]
struct Sell {
    later: Option<Duration>,
}

#[handler]
async fn sell(cmd: Sell, context: Context, outbox: &mut Outbox) -> MessageId {
    match cmd.later {
        None => outbox.send(Ship(1)),
        Some(later) => outbox.send_at(Ship(1), SystemTime::now() + later),
    }
    outbox.send(Ship(2));
    context.message_id()
}

#[tokio::test]
async fn what_is_sent_is_dispatched_after_the_commit_as_the_system_under_a_derived_key() {
    let (bus, seen) = app();
    let id = bus.execute(Sell { later: None }).by(Principal::new("ada")).idempotency_key("k").await.unwrap();
    bus.settled().await;
    let lines = seen.lines();
    let contexts: Vec<Context> =
        lines.iter().map(|line| serde_json::from_str(line.splitn(3, ' ').nth(2).unwrap()).unwrap()).collect();
    assert!(lines[0].starts_with("ship 1 ") && lines[1].starts_with("ship 2 "), "{lines:?}");
    let keys: Vec<_> = contexts.iter().map(|context| context.idempotency_key().unwrap()).collect();
    assert_eq!(keys, [format!("{id}/Ship/0"), format!("{id}/Ship/1")]);
    for context in contexts {
        assert_eq!(context.causation_id(), Some(id));
        assert!(context.principal().unwrap().is_system());
        assert_eq!(context.principal().unwrap().id(), "outbox");
        assert_eq!(context.metadata()["actor"], "ada");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_for_later_is_dispatched_later_and_not_waited_for() {
    let (bus, seen) = app();
    bus.execute(Sell { later: Some(Duration::from_secs(3_600)) }).await.unwrap();
    bus.settled().await;
    assert_eq!(seen.lines().iter().map(|line| &line[..6]).collect::<Vec<_>>(), ["ship 2"]);
    tokio::time::sleep(Duration::from_secs(3_590)).await;
    assert!(seen.lines().is_empty());
    tokio::time::sleep(Duration::from_secs(20)).await;
    bus.settled().await;
    assert_eq!(seen.lines().len(), 1);
}

#[test]
fn a_unit_test_looks_into_the_outbox() {
    let mut outbox = Outbox::default();
    outbox.send(Ship(1));
    outbox.send(Ship(2));
    assert_eq!(outbox.sent::<Ship>().map(|ship| ship.0).collect::<Vec<_>>(), [1, 2]);
}

// ---------------------------------------------------------------- runtimes

#[test]
fn what_waits_when_a_runtime_ends_is_handled_on_the_next() {
    let (gate, seen) = (Arc::new(Gate(Semaphore::new(0))), Seen::default());
    let bus = Bus::builder().provide_dyn(gate.clone()).provide(seen.clone()).build();
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime().block_on(async { bus.execute(PileUp(3)).await.unwrap() });
    assert!(seen.lines().is_empty(), "the first runtime is gone and the gate was shut");
    gate.0.add_permits(3);
    runtime().block_on(bus.settled());
    assert_eq!(seen.lines().len(), 3);
}

// ---------------------------------------------------------------- inline

#[event(transient)]
#[derive(Clone)]
struct Booked(u32);

#[command]
struct Book(u32);

#[handler]
fn book(cmd: Book, events: &mut Events) {
    events.raise(Booked(cmd.0));
}

#[handler(inline)]
fn take_seat(event: Booked, unit: &mut InMemoryUnit, seen: &Seen) -> Result<(), Fault> {
    let seen = seen.clone();
    unit.on_commit(move || seen.push(format!("seat {}", event.0)));
    if event.0 > 9 { Err(Fault::conflict("there are no more than nine seats")) } else { Ok(()) }
}

#[tokio::test]
async fn an_inline_handler_is_part_of_the_call_also_without_a_store() {
    let (bus, seen) = app();
    bus.execute(Book(7)).await.unwrap();
    // Nothing is waited for: it was there when the command answered.
    assert_eq!(seen.lines(), ["seat 7"]);
    let error = bus.execute(Book(10)).await.unwrap_err();
    let fault = error.fault().unwrap();
    assert_eq!(fault.kind(), FaultKind::Conflict);
    assert!(fault.place().unwrap().path.ends_with("::take_seat"), "{fault}");
    assert!(seen.lines().is_empty());
    bus.publish(Booked(8)).await.unwrap();
    assert_eq!(seen.lines(), ["seat 8"]);
}
