//! What a store keeps of calls and events beside their outcome: whose call an event was raised in, the rows of the audit
//! trail, and what was put aside and is told anew.
#![cfg(feature = "inventory")]
use cqrs_core::{AuditQuery, Builder, Bus, Events, Fault, InMemoryStore, command, event, handler};
use cqrs_sqlite::Sqlite;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

#[derive(Clone, Default)]
struct World(Arc<Inner>);
#[derive(Default)]
struct Inner {
    shipped: Mutex<Vec<u32>>,
    bad: Mutex<Vec<u32>>,
}

/// What the handlers of this file take.
fn knows(world: &World) -> Builder {
    Bus::builder().provide(world.clone())
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

#[tokio::test]
async fn an_inline_handler_is_part_of_the_call_of_its_own_event() {
    let store = InMemoryStore::default();
    let bus = knows(&World::default()).store(store).build();
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
    let bus = knows(&World::default()).store(InMemoryStore::default()).build();
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
    let bus = knows(&World::default()).store(db.clone()).build();
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
    let bus = knows(&world).store(InMemoryStore::default()).delivery_attempts(1).dead_letter_limit(1).build();
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

#[event(name = "a.gone")]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Gone(u32);
#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_nobody_handles_any_more_holds_up_nothing() {
    use cqrs_core::Store as _;
    use cqrs_core::store::{Changes, DeadLetter};
    let world = World::default();
    let store = InMemoryStore::default();
    let bus = knows(&world).store(store.clone()).build();
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
