//! Events of a subscription share a commit, where no handler can tell.
#![cfg(feature = "inventory")]

mod store;

use cqrs_core::{Bus, Events, Fault, event, handler};
use cqrs_sqlite::{ReadDb, Sqlite, WriteTx};
use serde::{Deserialize, Serialize};
use store::on_sqlite;

const TABLES: [(&str, &str); 1] = [(
    "tables",
    "CREATE TABLE kept (number INTEGER) STRICT; CREATE TABLE tally (n INTEGER) STRICT; INSERT INTO tally VALUES (0)",
)];

#[event(name = "kept")]
#[derive(Clone, Serialize, Deserialize)]
struct Kept(u32);

#[handler(name = "keep", from = start)]
async fn keep(event: Kept, tx: &mut WriteTx, events: &mut Events) -> Result<(), Fault> {
    let _ = events;
    tx.execute("INSERT INTO kept VALUES (?)", (event.0,)).await?;
    if event.0 == 1_000 { Err(Fault::invalid("no")) } else { Ok(()) }
}

#[event(name = "tallied")]
#[derive(Clone, Serialize, Deserialize)]
struct Tallied;

/// Reads beside its transaction what the event before has written in its own.
#[handler(name = "tally", from = start)]
async fn tally(_: Tallied, reads: &ReadDb, tx: &mut WriteTx) -> Result<(), Fault> {
    let n: i64 = reads.one("SELECT n FROM tally", ()).await?.unwrap_or(0);
    tx.execute("UPDATE tally SET n = ?", (n + 1,)).await.map(drop)
}

async fn kept(db: &Sqlite) -> Vec<u32> {
    db.reads().all("SELECT number FROM kept ORDER BY rowid", ()).await.unwrap()
}

#[tokio::test]
async fn many_events_share_few_commits() {
    on_sqlite(TABLES, |db| async move {
        let bus = Bus::builder().store(db.clone()).build();
        for number in 0..200 {
            bus.publish(Kept(number)).await.unwrap();
        }
        let before = db.metrics().committed;
        let started = bus.start().await.unwrap();
        bus.settled().await;
        assert_eq!(kept(&db).await, (0..200).collect::<Vec<_>>());
        let writes = db.metrics().committed - before;
        assert!(writes < 150, "{writes} writes for 200 events");
        started.shutdown().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_leaves_the_others_their_effect_and_its_attempts_are_counted() {
    on_sqlite(TABLES, |db| async move {
        let bus = Bus::builder().store(db.clone()).delivery_attempts(1).build();
        for number in [1, 2, 1_000, 3] {
            bus.publish(Kept(number)).await.unwrap();
        }
        let started = bus.start().await.unwrap();
        bus.settled().await;
        assert_eq!(kept(&db).await, [1, 2, 3]);
        let letters = bus.subscription("keep").unwrap().dead_letters().await.unwrap();
        assert_eq!(letters.iter().map(|letter| letter.attempts).collect::<Vec<_>>(), [1]);
        started.shutdown().await;
    })
    .await;
}

#[tokio::test]
async fn a_handler_that_reads_elsewhere_sees_what_the_event_before_has_done() {
    on_sqlite(TABLES, |db| async move {
        let bus = Bus::builder().store(db.clone()).build();
        for _ in 0..5 {
            bus.publish(Tallied).await.unwrap();
        }
        let started = bus.start().await.unwrap();
        bus.settled().await;
        assert_eq!(db.reads().one::<i64>("SELECT n FROM tally", ()).await.unwrap(), Some(5));
        started.shutdown().await;
    })
    .await;
}
