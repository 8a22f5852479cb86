//! Commands that follow from calls and events: the keys they have, when they are dispatched, and what they come to.
#![cfg(feature = "inventory")]
use cqrs_core::{AuditQuery, Builder, Bus, Clock, Events, Fault, InMemoryStore, Outbox, command, event, handler};
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
    handled: AtomicU32,
}

/// What the handlers of this file take.
fn knows(world: &World) -> Builder {
    Bus::builder().provide(world.clone()).provide(Warehouse).provide(Biller)
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
    let bus = knows(&world).store(InMemoryStore::default()).build();
    let started = bus.start().await.unwrap();
    bus.publish(Paid(1)).await.unwrap();
    bus.settled().await;
    let mut shipped = world.0.shipped.lock().unwrap().clone();
    shipped.sort();
    assert_eq!(shipped, [11, 12]);
    started.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn of_two_processes_with_one_key_one_has_succeeded_and_one_was_answered() {
    let store = InMemoryStore::default();
    let world = World::default();
    let bus = || knows(&world).store(store.clone()).build();
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
    let bus = knows(&world).provide(clock.clone()).build();
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
    let bus = knows(&world).store(InMemoryStore::default()).build();
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
    let bus = knows(&world).store(InMemoryStore::default()).build();
    let started = bus.start().await.unwrap();
    bus.execute(SendTug).await.unwrap();
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!((world.0.handled.load(Ordering::SeqCst), world.0.shipped.lock().unwrap().clone()), (2, vec![5]));
    started.shutdown().await;
}
