//! Handlers that write in a database: in the transaction of their call, or of their subscription.

mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cqrs_core::{Bus, Events, Fault, FaultKind, InMemoryUnit, command, event, handler};
use cqrs_sqlite::{Sqlite, WriteTx};
use serde::{Deserialize, Serialize};
use store::on_sqlite;

/// Whether something goes wrong.
#[derive(Clone, Default)]
struct World(Arc<AtomicBool>);

#[event(name = "parcel.sent")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ParcelSent {
    #[aggregate_id("parcel")]
    parcel: u32,
    number: u32,
}

#[command]
#[derive(Clone)]
struct Send {
    parcel: u32,
    number: u32,
}

#[handler]
fn send(cmd: Send, events: &mut Events) {
    events.raise(ParcelSent { parcel: cmd.parcel, number: cmd.number });
}

async fn send_all(bus: &Bus, parcels: impl IntoIterator<Item = (u32, u32)>) {
    for (parcel, number) in parcels {
        bus.execute(Send { parcel, number }).await.unwrap();
    }
}

/// Keeps a table in the store's transaction, and says no to number 3 while the world is poisoned.
#[handler(name = "table", from = start)]
async fn keep(event: ParcelSent, world: &World, tx: &mut WriteTx) -> Result<(), Fault> {
    tx.execute("INSERT INTO kept (number) VALUES (?)", (event.number,)).await?;
    if event.number == 3 && world.0.load(Ordering::SeqCst) {
        return Err(Fault::invalid("not 3"));
    }
    Ok(())
}

const KEPT: [(&str, &str); 1] = [("kept", "CREATE TABLE kept (number INTEGER) STRICT")];

async fn kept(db: &Sqlite) -> Vec<u32> {
    db.reads().all("SELECT number FROM kept ORDER BY rowid", ()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_a_handler_writes_in_the_stores_transaction_is_there_once() {
    on_sqlite(KEPT, |db| async move {
        let world = World::default();
        world.0.store(true, Ordering::SeqCst);
        let bus = Bus::builder().store(db.clone()).provide(world.clone()).delivery_attempts(2).build();
        send_all(&bus, (1..=6).map(|number| (number, number))).await;
        let started = bus.start().await.unwrap();
        bus.settled().await;
        // Five share commits with each other and with the one that is rolled back each time.
        assert_eq!(kept(&db).await, [1, 2, 4, 5, 6]);
        let table = bus.subscription("table").unwrap();
        world.0.store(false, Ordering::SeqCst);
        table.replay_all().await.unwrap();
        bus.settled().await;
        assert_eq!(kept(&db).await, [1, 2, 4, 5, 6, 3]);
        assert!(table.dead_letters().await.unwrap().is_empty());
        started.shutdown().await;
    })
    .await;
}

#[tokio::test]
async fn many_events_share_few_commits() {
    on_sqlite(KEPT, |db| async move {
        let bus = Bus::builder().store(db.clone()).provide(World::default()).build();
        send_all(&bus, (0..200).map(|number| (number + 100, number))).await;
        let before = db.metrics().committed;
        let started = bus.start().await.unwrap();
        bus.settled().await;
        assert_eq!(kept(&db).await.len(), 200);
        let writes = db.metrics().committed - before;
        assert!(writes < 150, "{writes} writes for 200 events of two subscriptions");
        started.shutdown().await;
    })
    .await;
}

#[command]
struct Elsewhere;

#[handler]
fn elsewhere(_: Elsewhere, unit: &mut InMemoryUnit, events: &mut Events) {
    unit.on_commit(|| ());
    events.raise(ParcelSent { parcel: 0, number: 0 });
}

#[tokio::test]
async fn what_would_be_kept_by_one_store_and_written_in_another_is_refused() {
    on_sqlite(KEPT, |db| async move {
        let bus = Bus::builder().store(db).provide(World::default()).build();
        let error = bus.execute(Elsewhere).await.unwrap_err();
        let fault = error.fault().unwrap();
        assert_eq!(fault.kind(), FaultKind::Wiring);
        assert!(fault.to_string().contains("a call has one unit of work"), "{fault}");
        assert!(bus.log().read_all(None, 1).await.unwrap().is_empty());
    })
    .await;
}
