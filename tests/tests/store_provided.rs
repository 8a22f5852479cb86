//! A store that is provided like any other dependency is all the configuration there is.
#![cfg(feature = "inventory")]

use std::sync::LazyLock;

use cqrs_core::{AuditQuery, Bus, Events, Fault, FaultKind, StartError, command, event, handler, provide, query};
use cqrs_sqlite::{OpenError, ReadDb, Sqlite, WriteTx};
use serde::{Deserialize, Serialize};

static DIRECTORY: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

#[provide]
async fn db() -> Result<Sqlite, OpenError> {
    let schema = [("notes", "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")];
    Sqlite::options(DIRECTORY.path().join("there").join("notes.db")).migrations(schema).open().await
}

#[event(name = "note.added")]
#[derive(Clone, Serialize, Deserialize)]
struct NoteAdded {
    text: String,
}

#[command(error = Fault)]
struct AddNote {
    text: String,
}

#[handler]
async fn add_note(cmd: AddNote, tx: &mut WriteTx, events: &mut Events) -> Result<(), Fault> {
    tx.defer_execute("INSERT INTO note (text) VALUES (?)", (cmd.text.clone(),)).await?;
    events.raise(NoteAdded { text: cmd.text });
    Ok(())
}

#[query(output = Vec<String>, error = Fault)]
struct Notes;

#[handler]
async fn notes(_: Notes, db: &ReadDb) -> Result<Vec<String>, Fault> {
    db.all("SELECT text FROM note ORDER BY id", ()).await
}

/// Upper case of what was added, in the same table.
#[handler(name = "shout", from = start)]
async fn shout(event: NoteAdded, tx: &mut WriteTx) -> Result<(), Fault> {
    tx.execute("INSERT INTO note (text) VALUES (?)", (event.text.to_uppercase(),)).await.map(drop)
}

#[tokio::test]
async fn the_global_bus_is_on_the_store_that_a_provider_makes_and_tries_again_when_it_cannot() {
    let bus = Bus::global();
    cqrs_core::testing::assert_wired!();
    let Err(StartError::Provider(fault)) = bus.start().await else { panic!("there is no such directory yet") };
    assert_eq!(fault.kind(), FaultKind::Unavailable);
    assert!(fault.place().unwrap().path.ends_with("::db") && fault.to_string().contains("notes.db"), "{fault}");
    let error = bus.execute(AddNote { text: "milk".into() }).await.unwrap_err();
    assert_eq!(error.fault().unwrap().kind(), FaultKind::Unavailable);

    std::fs::create_dir(DIRECTORY.path().join("there")).unwrap();
    let started = bus.start().await.unwrap();
    bus.execute(AddNote { text: "milk".into() }).await.unwrap();
    bus.settled().await;
    assert_eq!(bus.query(Notes).await.unwrap(), ["milk", "MILK"]);
    assert_eq!(bus.log().read_all(None, 10).await.unwrap().len(), 1);
    assert_eq!(bus.audit(AuditQuery::default()).await.unwrap().len(), 1);
    started.shutdown().await;
}
