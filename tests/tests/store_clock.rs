//! The clock jumps: what is due, what has expired, who has a subscription.
#![cfg(feature = "inventory")]

mod store;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use cqrs_core::{Bus, Clock, Health, InMemoryStore, Outbox, Position, command, event, handler};
use cqrs_sqlite::Sqlite;
use serde::{Deserialize, Serialize};
use store::on_each;

/// The numbers of what was carried out, in order.
#[derive(Clone, Default)]
struct Done(Arc<Mutex<Vec<u32>>>);

impl Done {
    fn add(&self, number: u32) {
        self.0.lock().unwrap().push(number);
    }

    fn get(&self) -> Vec<u32> {
        self.0.lock().unwrap().clone()
    }
}

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Noon of some day, far from where time begins.
fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + DAY * 20_000
}

/// What hangs, fails.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(60), async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("not so after a minute: {what}"));
}

#[command(wire)]
#[derive(Serialize, Deserialize)]
struct Remind {
    number: u32,
}

#[handler]
fn remind(cmd: Remind, done: &Done) {
    done.add(cmd.number);
}

/// Sends a reminder at once, and one for a time.
#[command]
struct Plan {
    number: u32,
    at: Option<SystemTime>,
}

#[handler]
fn plan(cmd: Plan, outbox: &mut Outbox) {
    match cmd.at {
        Some(at) => outbox.send_at(Remind { number: cmd.number }, at),
        None => outbox.send(Remind { number: cmd.number }),
    }
}

#[tokio::test]
async fn what_is_sent_for_a_time_is_due_when_the_clock_jumps_there_and_not_before() {
    on_each(|builder| async {
        let (done, clock) = (Done::default(), Clock::manual(noon()));
        let bus = builder.provide(done.clone()).provide(clock.clone()).build();
        let started = bus.start().await.unwrap();
        bus.execute(Plan { number: 1, at: Some(noon() + HOUR) }).await.unwrap();
        bus.execute(Plan { number: 2, at: None }).await.unwrap();
        until("what is due now is carried out", async || done.get() == [2]).await;
        clock.advance(HOUR - Duration::from_millis(1));
        bus.execute(Plan { number: 3, at: None }).await.unwrap();
        until("what is due now is carried out", async || done.get() == [2, 3]).await;
        clock.advance(Duration::from_millis(1));
        until("what is due by now is carried out", async || done.get() == [2, 3, 1]).await;
        started.shutdown().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_sent_for_a_time_is_not_lost_when_the_clock_jumps_back() {
    on_each(|builder| async {
        let (done, clock) = (Done::default(), Clock::manual(noon()));
        let bus = builder.provide(done.clone()).provide(clock.clone()).build();
        bus.execute(Plan { number: 1, at: Some(noon() + HOUR) }).await.unwrap();
        clock.set(noon() - DAY);
        let started = bus.start().await.unwrap();
        bus.execute(Plan { number: 2, at: Some(noon() - DAY) }).await.unwrap();
        until("what is due now is carried out", async || done.get() == [2]).await;
        clock.set(noon() + HOUR);
        until("what is due by now is carried out", async || done.get() == [2, 1]).await;
        started.shutdown().await;
    })
    .await;
}

#[command(idempotent, output = usize)]
#[derive(Serialize, Deserialize)]
struct Count;

#[handler]
fn count(_: Count, done: &Done) -> usize {
    done.add(0);
    done.get().len()
}

#[tokio::test]
async fn an_outcome_expires_when_the_clock_jumps_past_it_and_is_kept_when_it_jumps_back() {
    let test = |builder: cqrs_core::Builder| async move {
        let clock = Clock::manual(noon());
        let bus = builder.provide(Done::default()).provide(clock.clone()).build();
        let count = async || bus.execute(Count).idempotency_key("k").await.unwrap();
        assert_eq!(count().await, 1);
        clock.advance(HOUR - Duration::from_millis(1));
        assert_eq!(count().await, 1, "kept for an hour");
        clock.set(noon() - DAY);
        assert_eq!(count().await, 1, "the clock has jumped back");
        clock.set(noon() + HOUR);
        assert_eq!(count().await, 2, "expired, although nobody has forgotten it yet");
        // What is new under the same key is kept as long.
        clock.advance(HOUR - Duration::from_millis(1));
        assert_eq!(count().await, 2);
    };
    test(Bus::builder().store(InMemoryStore::new(HOUR, None))).await;
    let directory = tempfile::tempdir().unwrap();
    let db = Sqlite::options(directory.path().join("test.db")).keep_outcomes(HOUR).open().await.unwrap();
    test(Bus::builder().store(db)).await;
}

#[event(name = "ticked")]
#[derive(Clone, Serialize, Deserialize)]
struct Ticked {
    number: u32,
}

#[handler(name = "ticks", from = start)]
async fn tick(event: Ticked, done: &Done) {
    done.add(event.number);
}

/// One of two processes that share a database.
async fn process(path: &std::path::Path, done: &Done, clock: &Clock) -> Bus {
    let db = Sqlite::options(path).poll_interval(Duration::from_millis(5)).open().await.unwrap();
    // Short enough that whoever waits for the lease looks again soon.
    let builder = Bus::builder().store(db).subscription_lease(Duration::from_millis(200));
    builder.provide(done.clone()).provide(clock.clone()).build()
}

async fn position(bus: &Bus) -> Option<Position> {
    bus.subscription("ticks").unwrap().status().await.unwrap().position
}

async fn health(bus: &Bus) -> Health {
    bus.subscription("ticks").unwrap().status().await.unwrap().health
}

#[tokio::test]
async fn a_lease_is_over_when_the_clock_jumps_in_either_direction_and_nothing_is_handled_by_halves() {
    for jump in ["forward", "back"] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        let done = Done::default();
        // The first one's clock stands still, so that its lease ends by the other one's alone.
        let (still, jumping) = (Clock::manual(noon()), Clock::manual(noon()));
        let first = process(&path, &done, &still).await;
        let started = first.start().await.unwrap();
        first.publish(Ticked { number: 1 }).await.unwrap();
        until("the first one has handled an event", async || position(&first).await.is_some()).await;
        let second = process(&path, &done, &jumping).await;
        let second_started = second.start().await.unwrap();
        until("the second one waits", async || health(&second).await == Health::Elsewhere).await;
        jumping.set(if jump == "forward" { noon() + DAY } else { noon() - DAY });
        until("the second one has taken over", async || health(&second).await == Health::Running).await;
        first.publish(Ticked { number: 2 }).await.unwrap();
        until("events are handled", async || done.get().contains(&2)).await;
        second_started.shutdown().await;
        started.shutdown().await;
        let mut seen = done.get();
        seen.dedup();
        assert_eq!(seen, [1, 2], "{jump}");
    }
}
