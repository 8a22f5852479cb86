//! What follows from calls and events on a store: keys, correlations, conflicts, what is put aside and told anew.
#![cfg(feature = "inventory")]
use cqrs_core::{AuditQuery, Bus, Clock, Events, Fault, InMemoryStore, Outbox, command, event, handler};
use cqrs_sqlite::Sqlite;
use serde::{Deserialize, Serialize};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};
use std::time::{Duration, SystemTime};

#[derive(Clone, Default)]
struct World(Arc<Inner>);
#[derive(Default)]
struct Inner {
    shipped: Mutex<Vec<u32>>,
    bad: Mutex<Vec<u32>>,
    handled: AtomicU32,
}

#[event(name = "a.paid")]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Paid(u32);
#[command(wire)]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ship {
    n: u32,
}
#[handler]
fn ship(cmd: Ship, world: &World) {
    world.0.shipped.lock().unwrap().push(cmd.n);
}

#[derive(Clone, Default)]
struct Warehouse;
#[handler]
impl Warehouse {
    fn first(&self, event: Paid, outbox: &mut Outbox) {
        outbox.send(Ship { n: event.0 * 10 + 1 });
    }
    fn second(&self, event: Paid, outbox: &mut Outbox) {
        outbox.send(Ship { n: event.0 * 10 + 2 });
    }
}

#[event(name = "a.one")]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct One(u32);
#[event(name = "a.two")]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Two(u32);
#[event(name = "a.three")]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Three(u32);
#[handler(name = "one-to-two", from = start)]
fn one_to_two(event: One, events: &mut Events) {
    events.raise(Two(event.0));
}
#[handler(inline)]
fn two_to_three(event: Two, events: &mut Events) {
    events.raise(Three(event.0));
}

#[event(name = "a.hard")]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Hard(u32);
#[handler(name = "hard", from = start)]
async fn hard(event: Hard, world: &World) -> Result<(), Fault> {
    if world.0.bad.lock().unwrap().contains(&event.0) {
        return Err(Fault::invalid("no"));
    }
    world.0.shipped.lock().unwrap().push(event.0);
    Ok(())
}

#[command(authorize = "root")]
struct Forbidden;
#[handler]
fn forbidden(_: Forbidden) {}

#[command]
struct Later;
#[handler]
fn later(_: Later, outbox: &mut Outbox, clock: &Clock) {
    outbox.send_at(Ship { n: 99 }, clock.now() + Duration::from_secs(3_600));
}

#[command(idempotent, output = u32)]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Once {
    n: u32,
}
#[handler]
async fn once(cmd: Once, world: &World, _events: &mut Events) -> u32 {
    world.0.handled.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(100)).await;
    cmd.n
}

#[tokio::test]
async fn two_methods_of_a_type_send_the_same_command_each_for_itself() {
    let world = World::default();
    let bus = Bus::builder()
        .store(InMemoryStore::default())
        .provide(world.clone())
        .provide(Warehouse)
        .provide(Biller)
        .build();
    let started = bus.start().await.unwrap();
    bus.publish(Paid(1)).await.unwrap();
    bus.settled().await;
    let mut shipped = world.0.shipped.lock().unwrap().clone();
    shipped.sort();
    assert_eq!(shipped, [11, 12]);
    started.shutdown().await;
}

#[tokio::test]
async fn an_inline_handler_is_part_of_the_call_of_its_own_event() {
    let store = InMemoryStore::default();
    let bus = Bus::builder().store(store).provide(World::default()).provide(Warehouse).provide(Biller).build();
    bus.publish(One(1)).correlation("first").tenant("London").await.unwrap();
    bus.publish(One(2)).correlation("second").tenant("Paris").await.unwrap();
    bus.settled().await;
    let log = bus.log().read_all(None, 100).await.unwrap();
    let told: Vec<_> = log
        .iter()
        .map(|e| {
            format!(
                "{} {} {} {:?}",
                e.name,
                String::from_utf8_lossy(&e.payload),
                e.call.correlation_id(),
                e.call.tenant()
            )
        })
        .collect();
    assert!(told.contains(&"a.three 1 first Some(\"London\")".to_owned()), "{told:#?}");
}

#[test]
fn the_audit_trail_goes_on_on_another_runtime() {
    let rt = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let bus = Bus::builder()
        .store(InMemoryStore::default())
        .provide(World::default())
        .provide(Warehouse)
        .provide(Biller)
        .build();
    let first = rt();
    first.block_on(async { bus.execute(Forbidden).await.unwrap_err() });
    drop(first);
    let second = rt();
    second.block_on(async {
        bus.execute(Forbidden).await.unwrap_err();
        tokio::time::sleep(Duration::from_secs(3)).await;
        assert_eq!(bus.audit(AuditQuery::default()).await.unwrap().len(), 2);
    });
}

#[tokio::test]
async fn rows_that_no_unit_writes_are_gathered() {
    let directory = tempfile::tempdir().unwrap();
    let db = Sqlite::options(directory.path().join("t.db"))
        .migrations([("w", "CREATE TABLE w (n INTEGER) STRICT")])
        .open()
        .await
        .unwrap();
    let bus = Bus::builder().store(db.clone()).provide(World::default()).provide(Warehouse).provide(Biller).build();
    bus.execute(Forbidden).await.unwrap_err();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    for _ in 0..20 {
        bus.execute(Forbidden).await.unwrap_err();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let rows = bus.audit(AuditQuery::default()).await.unwrap().len();
    assert_eq!(rows, 1, "rows written at once");
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_halts_tells_dead_letters_anew() {
    let world = World::default();
    *world.0.bad.lock().unwrap() = vec![1, 2];
    let bus = Bus::builder()
        .store(InMemoryStore::default())
        .provide(world.clone())
        .provide(Warehouse)
        .provide(Biller)
        .delivery_attempts(1)
        .dead_letter_limit(1)
        .build();
    let started = bus.start().await.unwrap();
    bus.publish(Hard(1)).await.unwrap();
    bus.publish(Hard(2)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let sub = bus.subscription("hard").unwrap();
    // 1 is mended, 2 is not.
    *world.0.bad.lock().unwrap() = vec![2];
    sub.replay_all().await.unwrap();
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(*world.0.shipped.lock().unwrap(), [1]);
    started.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn of_two_processes_with_one_key_one_has_succeeded_and_one_was_answered() {
    let store = InMemoryStore::default();
    let world = World::default();
    let bus = || Bus::builder().store(store.clone()).provide(world.clone()).provide(Warehouse).provide(Biller).build();
    let (a, b) = (bus(), bus());
    let (x, y) = tokio::join!(async { a.execute(Once { n: 7 }).idempotency_key("k").await }, async {
        b.execute(Once { n: 7 }).idempotency_key("k").await
    });
    assert_eq!((x.unwrap(), y.unwrap()), (7, 7));
    tokio::time::sleep(Duration::from_secs(3)).await;
    let rows = a.audit(AuditQuery::default()).await.unwrap();
    let mut words: Vec<_> = rows.iter().map(|r| r.outcome.as_str()).collect();
    words.sort();
    assert_eq!(words, ["answered", "succeeded"]);
}

#[tokio::test]
async fn an_outbox_in_memory_asks_the_clock_of_the_bus() {
    let clock = Clock::manual(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000));
    let world = World::default();
    let bus = Bus::builder().provide(clock.clone()).provide(world.clone()).provide(Warehouse).provide(Biller).build();
    bus.execute(Later).await.unwrap();
    bus.settled().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(world.0.shipped.lock().unwrap().is_empty(), "dispatched an hour early by the bus's clock");
}

#[event(name = "a.due")]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Due(u32);
#[command(idempotent)]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Bill {
    n: u32,
}
#[handler]
fn bill(cmd: Bill, world: &World) {
    world.0.shipped.lock().unwrap().push(cmd.n);
}
#[derive(Clone, Default)]
struct Biller;
#[handler]
impl Biller {
    async fn first(&self, event: Due, bus: cqrs_core::CommandBus) -> Result<(), Fault> {
        bus.execute(Bill { n: event.0 * 10 + 1 }).await.map_err(|e| Fault::unavailable(format!("{e}")))
    }
    async fn second(&self, event: Due, bus: cqrs_core::CommandBus) -> Result<(), Fault> {
        bus.execute(Bill { n: event.0 * 10 + 2 }).await.map_err(|e| Fault::invalid(format!("{e}")))
    }
}
#[tokio::test(start_paused = true)]
async fn two_methods_of_a_type_execute_the_same_command_each_for_itself() {
    let world = World::default();
    let bus = Bus::builder()
        .store(InMemoryStore::default())
        .provide(world.clone())
        .provide(Warehouse)
        .provide(Biller)
        .build();
    let started = bus.start().await.unwrap();
    bus.publish(Due(1)).await.unwrap();
    bus.settled().await;
    let mut shipped = world.0.shipped.lock().unwrap().clone();
    shipped.sort();
    let letters: Vec<_> = bus.subscriptions().into_iter().filter(|s| s.name().contains("Biller")).collect();
    let error = letters[0].dead_letters().await.unwrap();
    assert_eq!(shipped, [11, 12], "{error:?}");
    started.shutdown().await;
}

#[command(wire, idempotent, error = Fault)]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Tug {
    n: u32,
}
#[handler]
fn tug(cmd: Tug, world: &World, _unit: &mut cqrs_core::InMemoryUnit) -> Result<(), Fault> {
    if world.0.handled.fetch_add(1, Ordering::SeqCst) == 0 {
        return Err(Fault::conflict("somebody else was first"));
    }
    world.0.shipped.lock().unwrap().push(cmd.n);
    Ok(())
}
#[command]
struct SendTug;
#[handler]
fn send_tug(_: SendTug, outbox: &mut Outbox) {
    outbox.send(Tug { n: 5 });
}
#[tokio::test(start_paused = true)]
async fn a_command_of_the_outbox_that_comes_to_a_conflict_is_tried_again() {
    let world = World::default();
    let bus = Bus::builder()
        .store(InMemoryStore::default())
        .provide(world.clone())
        .provide(Warehouse)
        .provide(Biller)
        .build();
    let started = bus.start().await.unwrap();
    bus.execute(SendTug).await.unwrap();
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!((world.0.handled.load(Ordering::SeqCst), world.0.shipped.lock().unwrap().clone()), (2, vec![5]));
    started.shutdown().await;
}

#[event(name = "a.gone")]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Gone(u32);
#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_nobody_handles_any_more_holds_up_nothing() {
    use cqrs_core::Store as _;
    use cqrs_core::store::{Changes, DeadLetter};
    let world = World::default();
    let store = InMemoryStore::default();
    let bus = Bus::builder().store(store.clone()).provide(world.clone()).provide(Warehouse).provide(Biller).build();
    bus.publish(Gone(1)).await.unwrap();
    let event = bus.log().read_all(None, 1).await.unwrap().remove(0);
    let mut changes = Changes::at(SystemTime::now());
    changes.parked = vec![DeadLetter {
        subscription: "hard".into(),
        position: event.position,
        event_id: event.id,
        name: event.name.clone(),
        stream: None,
        error: Some("no".into()),
        attempts: 5,
        parked_at: SystemTime::now(),
        replay: true,
    }];
    store.write(changes).await.unwrap();
    let started = bus.start().await.unwrap();
    bus.publish(Hard(5)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(300)).await;
    let status = bus.subscription("hard").unwrap().status().await.unwrap();
    assert_eq!(*world.0.shipped.lock().unwrap(), [5], "{status:?}");
    started.shutdown().await;
}
