//! What runs on a store for a while: a call of many commands, audit rows that are refused, a bus that ends and begins.
#![cfg(feature = "inventory")]
use cqrs_core::{AuditQuery, Bus, Fault, Health, InMemoryStore, Outbox, command, event, handler};
use cqrs_sqlite::{Sqlite, SqliteUnit};
use serde::{Deserialize, Serialize};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};
use std::time::Duration;

#[derive(Clone, Default)]
struct World(Arc<(Mutex<Vec<u32>>, AtomicU32)>);

#[command(wire, error = Fault)]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Step {
    n: u32,
}
#[handler]
fn step(cmd: Step, world: &World) -> Result<(), Fault> {
    if cmd.n == 0 && world.0.1.fetch_add(1, Ordering::SeqCst) == 0 {
        return Err(Fault::unavailable("not yet"));
    }
    world.0.0.lock().unwrap().push(cmd.n);
    Ok(())
}
#[command]
struct Walk(u32);
#[handler]
fn walk(cmd: Walk, outbox: &mut Outbox) {
    for n in 0..cmd.0 {
        outbox.send(Step { n });
    }
}

#[tokio::test(start_paused = true)]
async fn the_commands_of_a_call_stay_in_order_however_many() {
    for many in [200, 300] {
        let world = World::default();
        let bus = Bus::builder().store(InMemoryStore::default()).provide(world.clone()).build();
        bus.execute(Walk(many)).await.unwrap();
        let started = bus.start().await.unwrap();
        bus.settled().await;
        let seen = world.0.0.lock().unwrap().clone();
        started.shutdown().await;
        assert!(seen.is_sorted(), "{many}: {:?}", &seen[..8]);
    }
}

#[command(authorize = "root")]
struct Forbidden;
#[handler]
fn forbidden(_: Forbidden) {}

#[tokio::test]
async fn rows_that_the_store_refuses_are_written_later() {
    let directory = tempfile::tempdir().unwrap();
    let options =
        || Sqlite::options(directory.path().join("t.db")).migrations([("w", "CREATE TABLE w (n INTEGER) STRICT")]);
    let db = options().lock_wait(Duration::from_millis(50)).open().await.unwrap();
    let other = options().open().await.unwrap();
    let bus = Bus::builder().store(db).provide(World::default()).build();
    bus.execute(Forbidden).await.unwrap_err();
    tokio::time::sleep(Duration::from_millis(600)).await;
    let unit = SqliteUnit::begin(&other);
    unit.write_tx().execute("INSERT INTO w VALUES (1)", ()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_000)).await;
    unit.commit().await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(bus.audit(AuditQuery::default()).await.unwrap().len(), 1);
}

#[event(name = "d.slow")]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Slow(u32);
#[handler(name = "slow", from = start)]
async fn slow(event: Slow, world: &World) {
    world.0.1.fetch_add(1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.0.0.lock().unwrap().push(event.0);
}
#[tokio::test(start_paused = true)]
async fn a_bus_that_is_started_before_it_has_ended_runs_no_handler_twice() {
    let world = World::default();
    let bus = Bus::builder().store(InMemoryStore::default()).provide(world.clone()).build();
    let started = bus.start().await.unwrap();
    bus.publish(Slow(1)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    tokio::time::timeout(Duration::from_millis(100), started.shutdown()).await.unwrap_err();
    let started = bus.start().await.unwrap();
    bus.settled().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!((world.0.1.load(Ordering::SeqCst), world.0.0.lock().unwrap().clone()), (1, vec![1]));
    started.shutdown().await;
}

#[command(wire, error = Fault)]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Away;

#[handler]
fn away(_: Away, world: &World) -> Result<(), Fault> {
    match world.0.1.fetch_add(1, Ordering::SeqCst) > 5 {
        true => Ok(()),
        false => Err(Fault::unavailable("away")),
    }
}

#[command]
struct SendAway;

#[handler]
fn send_away(_: SendAway, outbox: &mut Outbox) {
    outbox.send(Away);
}

#[tokio::test(start_paused = true)]
async fn an_outbox_that_cannot_go_on_says_so_until_it_can() {
    let world = World::default();
    let bus = Bus::builder().store(InMemoryStore::default()).provide(world.clone()).build();
    let started = bus.start().await.unwrap();
    bus.execute(SendAway).await.unwrap();
    loop {
        if let Health::Retrying { error } = bus.outbox().health() {
            assert!(error.contains("away"), "{error}");
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    bus.settled().await;
    assert_eq!(bus.outbox().health(), Health::Running);
    started.shutdown().await;
}

#[tokio::test]
async fn what_was_shut_down_stays_so() {
    let bus = Bus::builder().store(InMemoryStore::default()).provide(World::default()).build();
    bus.start().await.unwrap().shutdown().await;
    bus.settled().await;
    assert_eq!(bus.subscription("slow").unwrap().status().await.unwrap().health, Health::Stopped);
}
