//! One writer for all: who holds it waits for nobody who waits for it.
#![cfg(feature = "inventory")]
use cqrs_core::{Bus, Events, Fault, FaultKind, Outbox, command, event, handler};
use cqrs_sqlite::{Sqlite, WriteTx};
use serde::{Deserialize, Serialize};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use std::time::Duration;

#[event(name = "b.plain")]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Plain(u32);
#[event(name = "b.written")]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Written(u32);
#[derive(Clone, Default)]
struct Mixed(Arc<AtomicU32>);
#[handler]
impl Mixed {
    async fn plain(&self, _: Plain) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
    async fn written(&self, event: Written, tx: &mut WriteTx) -> Result<(), Fault> {
        self.0.fetch_add(1, Ordering::SeqCst);
        tx.execute("INSERT INTO w VALUES (?)", (event.0,)).await?;
        Ok(())
    }
}

async fn open(directory: &tempfile::TempDir) -> Sqlite {
    Sqlite::options(directory.path().join("t.db"))
        .migrations([("w", "CREATE TABLE w (n INTEGER UNIQUE) STRICT")])
        .open()
        .await
        .unwrap()
}

async fn mixed() {
    let directory = tempfile::tempdir().unwrap();
    let (db, mixed) = (open(&directory).await, Mixed::default());
    let bus = Bus::builder().store(db).provide(mixed.clone()).build();
    // Known, and then told while nothing is delivered, so that one page has them all.
    bus.start().await.unwrap().shutdown().await;
    let other = Bus::builder().store(open(&directory).await).provide(mixed.clone()).build();
    for n in 0..3 {
        other.publish(Plain(n)).await.unwrap();
        other.publish(Written(n)).await.unwrap();
    }
    let started = bus.start().await.unwrap();
    bus.settled().await;
    // Who had waited for itself was rolled back at the hold limit, and called again.
    assert_eq!(mixed.0.load(Ordering::SeqCst), 6);
    started.shutdown().await;
}

#[tokio::test]
async fn a_subscription_does_not_wait_for_its_own_writer() {
    mixed().await;
}
#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_does_not_wait_for_its_own_writer_on_threads() {
    mixed().await;
}

#[command(wire, idempotent, error = Fault)]
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Tug {
    n: u32,
}
#[handler]
async fn tug(cmd: Tug, world: &Mixed, tx: &mut WriteTx) -> Result<(), Fault> {
    world.0.fetch_add(1, Ordering::SeqCst);
    tx.execute("INSERT INTO w VALUES (?)", (cmd.n,)).await?;
    Ok(())
}
#[command]
struct SendTug;
#[handler]
fn send_tug(_: SendTug, outbox: &mut Outbox) {
    outbox.send(Tug { n: 5 });
}
#[command(error = Fault)]
struct Sql(&'static str);
#[handler]
async fn sql(cmd: Sql, tx: &mut WriteTx) -> Result<(), Fault> {
    tx.execute(cmd.0, ()).await.map(drop)
}
#[tokio::test]
async fn a_command_of_the_outbox_that_comes_to_a_conflict_is_tried_again() {
    let directory = tempfile::tempdir().unwrap();
    let mixed = Mixed::default();
    let bus = Bus::builder().store(open(&directory).await).provide(mixed.clone()).build();
    let started = bus.start().await.unwrap();
    bus.execute(Sql("INSERT INTO w VALUES (5)")).await.unwrap();
    bus.execute(SendTug).await.unwrap();
    while mixed.0.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    bus.execute(Sql("DELETE FROM w")).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(mixed.0.load(Ordering::SeqCst) > 1, "the command was tried once, and is lost");
    started.shutdown().await;
}

#[event(transient)]
#[derive(Clone, Debug)]
struct Passing(u32);
#[handler]
async fn passing(event: Passing, tx: &mut WriteTx) -> Result<(), Fault> {
    tokio::time::sleep(Duration::from_millis(100)).await;
    tx.execute("INSERT INTO w VALUES (?)", (event.0 + 100,)).await.map(drop)
}
#[command(error = Fault)]
struct Pass(u32);
#[handler]
async fn pass(cmd: Pass, tx: &mut WriteTx, events: &mut Events) -> Result<(), Fault> {
    tx.execute("INSERT INTO w VALUES (?)", (cmd.0,)).await?;
    events.raise(Passing(cmd.0));
    Ok(())
}
#[tokio::test]
async fn who_holds_the_writer_does_not_wait_for_room_in_memory() {
    let directory = tempfile::tempdir().unwrap();
    let bus = Bus::builder().store(open(&directory).await).provide(Mixed::default()).queue_capacity(1).build();
    bus.execute(Pass(1)).await.unwrap();
    let second = bus.execute(Pass(2)).await.unwrap_err();
    assert_eq!(second.fault().unwrap().kind(), FaultKind::Unavailable, "{second}");
    bus.settled().await;
    bus.execute(Pass(3)).await.unwrap();
}
