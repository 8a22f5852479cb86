//! Durable handlers that write in what a builder's closure makes: in the store's transaction, or in another unit of work.
#![cfg(feature = "inventory")]

mod store;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cqrs_core::{BoxFuture, Bus, Events, Fault, InMemoryUnit, command, event, handler};
use cqrs_sqlite::{Sqlite, WriteTx};
use serde::{Deserialize, Serialize};
use store::on_sqlite;

const KEPT: [(&str, &str); 1] = [("kept", "CREATE TABLE kept (number INTEGER) STRICT")];

async fn kept(db: &Sqlite) -> Vec<u32> {
    db.reads().all("SELECT number FROM kept ORDER BY rowid", ()).await.unwrap()
}

/// What a subscription keeps, wherever that is.
trait Kept: Send {
    fn keep(&mut self, number: u32) -> BoxFuture<'_, Result<(), Fault>>;
}

struct InTable(WriteTx);

impl Kept for InTable {
    fn keep(&mut self, number: u32) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(self.0.defer_execute("INSERT INTO kept (number) VALUES (?)", (number,)))
    }
}

#[derive(Clone, Default)]
struct InMemory(InMemoryUnit, Arc<Mutex<Vec<u32>>>);

impl Kept for InMemory {
    fn keep(&mut self, number: u32) -> BoxFuture<'_, Result<(), Fault>> {
        let numbers = self.1.clone();
        self.0.on_commit(move || numbers.lock().unwrap().push(number));
        Box::pin(async { Ok(()) })
    }
}

#[event(name = "letter.sent")]
#[derive(Clone, Serialize, Deserialize)]
struct LetterSent {
    number: u32,
}

#[command]
struct SendLetter(u32);

#[handler]
fn send_letter(cmd: SendLetter, events: &mut Events) {
    events.raise(LetterSent { number: cmd.0 });
}

#[handler(name = "letters", from = start)]
async fn keep_letter(event: LetterSent, kept: &mut dyn Kept) -> Result<(), Fault> {
    kept.keep(event.number).await
}

#[tokio::test]
async fn what_a_closure_makes_of_the_stores_transaction_shares_commits_with_the_checkpoint() {
    on_sqlite(KEPT, |db| async move {
        let bus = Bus::builder().store(db.clone());
        let bus = bus.provide_call(|tx: WriteTx| Box::new(InTable(tx)) as Box<dyn Kept>).build();
        for number in 0..200 {
            bus.execute(SendLetter(number)).await.unwrap();
        }
        let before = db.metrics().committed;
        let started = bus.start().await.unwrap();
        bus.settled().await;
        assert_eq!(kept(&db).await, (0..200).collect::<Vec<_>>());
        let writes = db.metrics().committed - before;
        assert!(writes < 100, "{writes} writes for 200 events");
        started.shutdown().await;
    })
    .await;
}

/// It would be refused in the store's unit of work, which is another one.
#[tokio::test]
async fn what_a_closure_makes_of_another_unit_is_committed_by_that_one() {
    on_sqlite(KEPT, |db| async move {
        let numbers = Arc::<Mutex<Vec<u32>>>::default();
        let kept = numbers.clone();
        let made = move |unit: InMemoryUnit| Box::new(InMemory(unit, kept.clone())) as Box<dyn Kept>;
        let bus = Bus::builder().store(db).provide_call(made).build();
        let started = bus.start().await.unwrap();
        for number in 0..3 {
            bus.execute(SendLetter(number)).await.unwrap();
        }
        tokio::time::timeout(Duration::from_secs(20), bus.settled()).await.unwrap();
        assert_eq!(*numbers.lock().unwrap(), [0, 1, 2]);
        started.shutdown().await;
    })
    .await;
}
