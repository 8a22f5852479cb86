//! Behaviors around handlers that write in a store's transaction, and the recording of a test, which is one.
#![cfg(feature = "inventory")]

mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cqrs_core::testing::Recording;
use cqrs_core::{AuditOutcome, Bus, Events, Fault, On, Outcome, Place, Query, command, event, handler, query};
use cqrs_sqlite::{ReadDb, Sqlite, WriteTx};
use serde::{Deserialize, Serialize};
use store::on_sqlite;

#[event(name = "added")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Added {
    number: u32,
}

#[command(error = String, idempotent)]
#[derive(Serialize, Deserialize)]
struct Add {
    number: u32,
}

#[handler]
fn add(cmd: Add, events: &mut Events) -> Result<(), String> {
    events.raise(Added { number: cmd.number });
    if cmd.number == 0 { Err("0 is nothing".into()) } else { Ok(()) }
}

#[handler(name = "sum", from = start)]
async fn sum(event: Added, tx: &mut WriteTx) -> Result<(), Fault> {
    tx.execute("INSERT INTO part (number) VALUES (?)", (event.number,)).await.map(drop)
}

#[query(output = Option<u32>, error = Fault)]
struct Sum;

#[handler]
async fn ask_sum(_: Sum, db: &ReadDb) -> Result<Option<u32>, Fault> {
    db.one("SELECT sum(number) FROM part", ()).await
}

const PARTS: [(&str, &str); 1] = [("part", "CREATE TABLE part (number INTEGER NOT NULL) STRICT")];

async fn parts(db: &Sqlite) -> Vec<u32> {
    db.reads().all("SELECT number FROM part ORDER BY rowid", ()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_behavior_that_fails_after_the_commit_has_no_event_handled_twice() {
    on_sqlite(PARTS, |db| async move {
        let fails = Arc::new(AtomicBool::new(true));
        let after = fails.clone();
        let bus = Bus::builder()
            .store(db.clone())
            .behavior(1, [On::Events], move |_, next| {
                let fails = after.clone();
                Box::pin(async move {
                    let outcome = next.run().await;
                    match outcome.is_success() && fails.swap(false, Ordering::SeqCst) {
                        true => Outcome::fault(Fault::unavailable("too late to say so")),
                        false => outcome,
                    }
                })
            })
            .build();
        let started = bus.start().await.unwrap();
        for number in 1..=3 {
            bus.execute(Add { number }).await.unwrap();
        }
        bus.settled().await;
        assert!(!fails.load(Ordering::SeqCst));
        assert_eq!(parts(&db).await, [1, 2, 3]);
        started.shutdown().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_behavior_that_answers_instead_of_the_handler_has_the_event_handled() {
    on_sqlite(PARTS, |db| async move {
        let bus = Bus::builder()
            .store(db.clone())
            .behavior(1, [On::Events], |_, next| {
                Box::pin(async move {
                    match next.as_message::<Added>() {
                        Some(Added { number: 2 }) => Outcome::output(()),
                        _ => next.run().await,
                    }
                })
            })
            .build();
        let started = bus.start().await.unwrap();
        for number in 1..=3 {
            bus.execute(Add { number }).await.unwrap();
        }
        bus.settled().await;
        assert_eq!(parts(&db).await, [1, 3]);
        started.shutdown().await;
    })
    .await;
}

fn name<Q: Query>() -> &'static str {
    std::any::type_name::<Q>().rsplit("::").next().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_recording_tells_what_was_dispatched_published_and_delivered() {
    on_sqlite(PARTS, |db| async move {
        let recording = Recording::default();
        let bus = Bus::builder().store(db.clone()).record(&recording).build();
        let started = bus.start().await.unwrap();
        bus.execute(Add { number: 1 }).tenant("London").await.unwrap();
        bus.execute(Add { number: 0 }).await.unwrap_err();
        bus.settled().await;
        assert_eq!(bus.query(Sum).await.unwrap(), Some(1));

        let dispatched = recording.dispatched();
        let told: Vec<_> = dispatched.iter().map(|call| (call.message, &call.outcome)).collect();
        let (succeeded, rejected) = (AuditOutcome::Succeeded, AuditOutcome::Rejected);
        assert_eq!(told, [("Add", &succeeded), ("Add", &rejected), (name::<Sum>(), &succeeded)]);
        assert_eq!(dispatched[0].context.tenant(), Some("London"));
        assert_eq!(dispatched[0].json, Some(serde_json::json!({ "number": 1 })));
        assert_eq!(dispatched[2].json, None);
        assert_eq!(recording.published::<Added>(), [Added { number: 1 }]);
        let delivered = recording.delivered();
        assert_eq!(delivered.len(), 1);
        let Place { path, .. } = delivered[0].handler;
        assert_eq!((delivered[0].message, path), ("added", "store_behaviors::sum"));
        assert_eq!(parts(&db).await, [1]);

        recording.clear();
        assert!(recording.dispatched().is_empty() && recording.delivered().is_empty());
        assert!(recording.published::<Added>().is_empty());
        started.shutdown().await;
    })
    .await;
}
