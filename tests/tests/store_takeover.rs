//! A subscription that changes hands, and dead letters that several at once are at work on.
#![cfg(feature = "inventory")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use cqrs_core::store::{Changes, Claim, DeadLetter, Start, Store};
use cqrs_core::{Builder, Bus, Events, FaultKind, InMemoryStore, MessageId, StreamId, command, event, handler};
use cqrs_sqlite::Sqlite;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

/// What handlers have seen, and what they wait for.
struct World {
    seen: Mutex<Vec<u32>>,
    /// Handlers that have come to wait, and permits to go on.
    came: Semaphore,
    gate: Semaphore,
    refuses: AtomicBool,
}

impl World {
    fn new() -> Arc<World> {
        let (came, gate) = (Semaphore::new(0), Semaphore::new(0));
        Arc::new(World { seen: Mutex::default(), came, gate, refuses: AtomicBool::new(false) })
    }

    fn seen(&self) -> Vec<u32> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits at the gate, and says so.
    async fn pass(&self) {
        self.came.add_permits(1);
        self.gate.acquire().await.unwrap().forget();
    }

    /// Waits until a handler waits at the gate.
    async fn someone_waits(&self) {
        self.came.acquire().await.unwrap().forget();
    }
}

/// Runs a test on a store in memory, and on a new database. What hangs, fails.
async fn on_each<F: Future<Output = ()>>(test: impl Fn(Builder, Arc<dyn Store>, Arc<World>) -> F) {
    let within = |test: F| async { tokio::time::timeout(Duration::from_secs(60), test).await.expect("it hangs") };
    let (memory, world) = (InMemoryStore::default(), World::new());
    let builder = Bus::builder().store(memory.clone()).provide_dyn(world.clone());
    within(test(builder, Arc::new(memory), world)).await;
    let directory = tempfile::tempdir().unwrap();
    let (db, world) = (Sqlite::open(directory.path().join("test.db")).await.unwrap(), World::new());
    let builder = Bus::builder().store(db.clone()).provide_dyn(world.clone());
    within(test(builder, Arc::new(db), world)).await;
}

const LEASE: Duration = Duration::from_millis(30);

fn claim(subscription: &str, owner: MessageId, now: SystemTime, lease: Duration) -> Claim {
    Claim { subscription: subscription.into(), owner, now, lease, start: Start::Beginning }
}

#[event(name = "ticked")]
#[derive(Clone, Serialize, Deserialize)]
struct Ticked {
    number: u32,
}

/// Writes in the store's transaction, if nothing.
#[handler(name = "ticks", from = start)]
async fn tick(event: Ticked, world: &World, _: &mut Events) {
    if event.number == 1 {
        world.pass().await;
    }
    world.seen.lock().unwrap().push(event.number);
}

#[tokio::test]
async fn a_subscription_that_somebody_else_has_had_meanwhile_goes_on() {
    on_each(|builder, store, world| async move {
        let bus = builder.subscription_lease(LEASE).build();
        let started = bus.start().await.unwrap();
        bus.publish(Ticked { number: 1 }).await.unwrap();
        world.someone_waits().await;
        // Nothing was heard of this process for a while: another one took over, did nothing, and let go.
        let (other, later) = (MessageId::new(), SystemTime::now() + LEASE);
        assert!(store.claim(&claim("ticks", other, later, LEASE)).await.unwrap().is_some());
        store.release("ticks", other).await.unwrap();
        world.gate.add_permits(100);
        bus.publish(Ticked { number: 2 }).await.unwrap();
        bus.settled().await;
        let mut seen = world.seen();
        seen.dedup();
        assert_eq!(seen, [1, 2]);
        started.shutdown().await;
    })
    .await;
}

#[tokio::test]
async fn a_process_keeps_a_subscription_while_its_handler_takes_longer_than_the_lease() {
    on_each(|builder, store, world| async move {
        let bus = builder.subscription_lease(LEASE).build();
        let started = bus.start().await.unwrap();
        bus.publish(Ticked { number: 1 }).await.unwrap();
        world.someone_waits().await;
        for _ in 0..5 {
            tokio::time::sleep(LEASE).await;
            let other = claim("ticks", MessageId::new(), SystemTime::now() - LEASE / 2, LEASE);
            assert_eq!(store.claim(&other).await.unwrap(), None);
        }
        world.gate.add_permits(1);
        bus.settled().await;
        assert_eq!(world.seen(), [1]);
        started.shutdown().await;
        // An orderly end lets go of it.
        let other = claim("ticks", MessageId::new(), SystemTime::now(), LEASE);
        assert!(store.claim(&other).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_was_asked_for_later_and_taken_before_is_a_lease() {
    on_each(|_, store, _| async move {
        let (now, lease) = (SystemTime::now(), Duration::from_secs(10));
        let (ada, bob) = (MessageId::new(), MessageId::new());
        let later = claim("ticks", ada, now + Duration::from_millis(1), lease);
        assert!(store.claim(&later).await.unwrap().is_some());
        assert_eq!(store.claim(&claim("ticks", bob, now, lease)).await.unwrap(), None);
        // The clock has been set back by more than can be so.
        let before = claim("ticks", bob, now - Duration::from_secs(11), lease);
        assert!(store.claim(&before).await.unwrap().is_some());
    })
    .await;
}

#[event(name = "noted")]
#[derive(Clone, Serialize, Deserialize)]
struct Noted {
    #[aggregate_id("book")]
    book: u32,
    number: u32,
}

#[handler(name = "notes", from = start)]
async fn note(event: Noted, world: &World) -> Result<(), String> {
    match event.number {
        // Holds up what comes behind it.
        0 => world.pass().await,
        1 if world.refuses.load(Ordering::SeqCst) => return Err("no".into()),
        _ => {}
    }
    world.seen.lock().unwrap().push(event.number);
    Ok(())
}

#[command]
struct Write;

#[handler]
fn write(_: Write, events: &mut Events) {
    events.raise(Noted { book: 8, number: 0 });
    events.raise(Noted { book: 7, number: 2 });
}

#[tokio::test]
async fn what_comes_while_a_dead_letter_is_mended_is_handled_behind_it() {
    on_each(|builder, _, world| async move {
        let bus = builder.delivery_attempts(1).build();
        let started = bus.start().await.unwrap();
        world.refuses.store(true, Ordering::SeqCst);
        bus.publish(Noted { book: 7, number: 1 }).await.unwrap();
        bus.settled().await;
        let notes = bus.subscription("notes").unwrap();
        let letter = notes.dead_letters().await.unwrap().remove(0);
        // The event behind it has been read, and is not yet put aside, when somebody mends it.
        bus.execute(Write).await.unwrap();
        world.someone_waits().await;
        world.refuses.store(false, Ordering::SeqCst);
        notes.replay(letter.event_id).await.unwrap();
        world.gate.add_permits(1);
        bus.settled().await;
        assert_eq!(notes.dead_letters().await.unwrap(), []);
        let seen = world.seen();
        let place = |number| seen.iter().position(|seen| *seen == number);
        assert!(place(1).is_some() && place(1) < place(2), "{seen:?}");
        started.shutdown().await;
    })
    .await;
}

#[tokio::test]
async fn a_dead_letter_that_is_none_any_more_is_not_taken_back_again_nor_put_there_again() {
    on_each(|builder, store, _| async move {
        let bus = builder.build();
        bus.publish(Noted { book: 7, number: 2 }).await.unwrap();
        let event = bus.log().read_all(None, 1).await.unwrap().remove(0);
        let letter = DeadLetter {
            subscription: "notes".into(),
            position: event.position,
            event_id: event.id,
            name: event.name.clone(),
            stream: Some(StreamId::new("book", 7)),
            error: Some("no".into()),
            attempts: 1,
            parked_at: SystemTime::UNIX_EPOCH,
            replay: false,
        };
        let none = || Changes::at(SystemTime::now());
        let mut changes = none();
        changes.parked = vec![letter.clone()];
        store.write(changes).await.unwrap();
        let mut retold = none();
        retold.retold =
            vec![DeadLetter { error: Some("still no".into()), attempts: 2, replay: true, ..letter.clone() }];
        store.write(retold.clone()).await.unwrap();
        assert_eq!(store.dead_letters("notes").await.unwrap(), retold.retold);
        let mut unparked = none();
        unparked.unparked = vec![("notes".into(), event.id)];
        store.write(unparked.clone()).await.unwrap();
        // Whoever was about to do the same is told, and what was written with it is not kept.
        let fault = store.write(unparked).await.unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Conflict, "{fault}");
        store.write(retold).await.unwrap();
        assert_eq!(store.dead_letters("notes").await.unwrap(), []);
    })
    .await;
}
