//! Handlers that write in a database: in the transaction of their call, or of their subscription.
#![cfg(feature = "inventory")]

mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use cqrs_core::store::{Advance, Changes, Claim, NewCommand, NewEvent, Start};
use cqrs_core::{Bus, Clock, Events, Fault, Health, MessageId, StartError, Store as _, command, event, handler};
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

/// The table says no to number 3, and this handler to number 4, each with a fault.
#[handler(name = "strict", from = start)]
async fn keep_strictly(event: ParcelSent, tx: &mut WriteTx) -> Result<(), Fault> {
    match event.number {
        4 => Err(Fault::conflict("somebody else has it")),
        number => {
            let number = (number != 3).then_some(number);
            tx.execute("INSERT INTO strict_kept (number) VALUES (?)", (number,)).await.map(drop)
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_database_refuses_each_time_is_a_dead_letter_and_the_others_go_on() {
    let schema = [KEPT[0], ("strict", "CREATE TABLE strict_kept (number INTEGER NOT NULL) STRICT")];
    on_sqlite(schema, |db| async move {
        let bus = Bus::builder().store(db.clone()).provide(World::default()).delivery_attempts(3).build();
        send_all(&bus, (1..=6).map(|number| (number, number))).await;
        let started = bus.start().await.unwrap();
        bus.settled().await;
        let sql = "SELECT number FROM strict_kept ORDER BY number";
        assert_eq!(db.reads().all::<u32>(sql, ()).await.unwrap(), [1, 2, 5, 6]);
        let letters = bus.subscription("strict").unwrap().dead_letters().await.unwrap();
        let errors: Vec<_> = letters.iter().map(|letter| letter.error.as_deref().unwrap()).collect();
        assert!(errors[0].contains("NOT NULL constraint failed"), "{errors:?}");
        assert!(errors[1].contains("somebody else has it"), "{errors:?}");
        assert!(letters.iter().all(|letter| letter.attempts == 3), "{letters:?}");
        started.shutdown().await;
    })
    .await;
}

#[event(name = "note.taken", version = 2)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct NoteTaken {
    number: u32,
}

#[handler(name = "notes", from = start)]
async fn note(event: NoteTaken, tx: &mut WriteTx) -> Result<(), Fault> {
    tx.defer_execute("INSERT INTO kept (number) VALUES (?)", (event.number,)).await
}

/// What another program, or another version of this one, has written.
fn written(name: &'static str, schema_version: u32, payload: &str) -> Changes {
    let id = MessageId::new();
    let call = serde_json::json!({ "message_id": id, "correlation_id": "tea", "causation_id": null });
    let call = serde_json::from_value(call).unwrap();
    let (payload, now) = (payload.into(), SystemTime::now());
    let mut changes = Changes::at(now);
    changes.events = vec![NewEvent { id, stream: None, name: name.into(), schema_version, payload, call }];
    changes
}

#[tokio::test(start_paused = true)]
async fn what_a_newer_program_has_written_waits_for_that_and_what_nobody_handles_is_passed() {
    on_sqlite(KEPT, |db| async move {
        let bus = Bus::builder().store(db.clone()).provide(World::default()).delivery_attempts(1).build();
        let started = bus.start().await.unwrap();
        db.write(written("something.else", 9, "{}")).await.unwrap();
        db.write(written("note.taken", 2, r#"{"number":1}"#)).await.unwrap();
        bus.settled().await;
        assert_eq!(kept(&db).await, [1]);
        db.write(written("note.taken", 3, r#"{"number":2,"by":"ada"}"#)).await.unwrap();
        let notes = bus.subscription("notes").unwrap();
        loop {
            if let Health::Retrying { error } = notes.status().await.unwrap().health {
                assert!(error.contains("is of version 3, and this program knows it up to version 2"), "{error}");
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(notes.dead_letters().await.unwrap().is_empty());
        started.shutdown().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_a_dead_letter_that_says_why() {
    on_sqlite(KEPT, |db| async move {
        let bus = Bus::builder().store(db.clone()).provide(World::default()).delivery_attempts(1).build();
        let started = bus.start().await.unwrap();
        db.write(written("note.taken", 2, r#"{"number":"one"}"#)).await.unwrap();
        db.write(written("note.taken", 1, r#"{"number":1}"#)).await.unwrap();
        db.write(written("note.taken", 2, r#"{"number":3}"#)).await.unwrap();
        bus.settled().await;
        assert_eq!(kept(&db).await, [3]);
        let letters = bus.subscription("notes").unwrap().dead_letters().await.unwrap();
        let errors: Vec<_> = letters.iter().map(|letter| letter.error.clone().unwrap()).collect();
        assert!(errors[0].contains("invalid type: string"), "{errors:?}");
        assert!(errors[1].contains("version 1") && errors[1].contains("upcasts"), "{errors:?}");
        started.shutdown().await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_command_that_nobody_here_knows_waits_in_the_outbox_for_somebody_who_does() {
    on_sqlite(KEPT, |db| async move {
        let clock = Clock::of_runtime(SystemTime::now());
        let bus = Bus::builder()
            .store(db.clone())
            .provide(World::default())
            .provide(clock.clone())
            .delivery_attempts(1)
            .build();
        let mut changes = written("x", 1, "{}");
        let NewEvent { id, call, .. } = changes.events.remove(0);
        let (name, payload, key, not_before) = ("Unheard".into(), b"{}".to_vec(), "k".into(), clock.now());
        changes.commands = vec![NewCommand { id, name, payload, key, not_before, call }];
        db.write(changes).await.unwrap();
        let started = bus.start().await.unwrap();
        tokio::time::sleep(Duration::from_secs(300)).await;
        assert!(bus.outbox().parked().await.unwrap().is_empty());
        let waiting = db.due(clock.now() + Duration::from_secs(60), 1).await.unwrap().remove(0);
        assert!(waiting.attempts > 5 && waiting.error.unwrap().contains("no message is named `Unheard`"));
        started.shutdown().await;
    })
    .await;
}

#[tokio::test]
async fn a_log_that_is_older_than_a_checkpoint_is_refused_at_start() {
    let directory = tempfile::tempdir().unwrap();
    let (path, backup) = (directory.path().join("test.db"), directory.path().join("backup.db"));
    let open = |path: std::path::PathBuf| Sqlite::options(path).migrations(KEPT).open();
    let bus = |db: Sqlite| Bus::builder().store(db).provide(World::default()).build();
    let checkpoint = {
        let db = open(path.clone()).await.unwrap();
        db.write(written("note.taken", 2, r#"{"number":1}"#)).await.unwrap();
        db.backup(&backup).await.unwrap();
        let again = db.backup(&backup).await.unwrap_err();
        assert!(again.to_string().contains("no backup overwrites one"), "{again}");
        let bus = bus(db.clone());
        db.write(written("note.taken", 2, r#"{"number":2}"#)).await.unwrap();
        let started = bus.start().await.unwrap();
        bus.settled().await;
        started.shutdown().await;
        db.checkpoint("notes").await.unwrap().unwrap()
    };
    // The log of the backup, under the checkpoint of today.
    let db = open(backup).await.unwrap();
    let claim = Claim {
        subscription: "notes".into(),
        owner: MessageId::new(),
        now: SystemTime::UNIX_EPOCH,
        lease: Duration::ZERO,
        start: Start::Beginning,
    };
    let fence = db.claim(&claim).await.unwrap().unwrap().fence;
    let (to, event_id) = checkpoint.at.unwrap();
    let mut changes = Changes::at(SystemTime::now());
    changes.checkpoint = Some(Advance { subscription: "notes".into(), fence, from: None, to, event_id });
    db.write(changes).await.unwrap();
    let error = bus(db.clone()).start().await.unwrap_err();
    let StartError::Store(fault) = error else { panic!("{error}") };
    assert!(fault.to_string().contains("restored from a backup that is older than the checkpoint"), "{fault}");
    // Another event in its place is another log too.
    db.write(written("note.taken", 2, r#"{"number":7}"#)).await.unwrap();
    assert!(matches!(bus(db).start().await, Err(StartError::Store(_))));
}
