//! What to know before an application relies on this store. There is nothing to call here: each page is text, with
//! programs that are run as tests.
//!
//! - [`promises`]: what is promised, and what is not
//! - [`delivery`]: what follows from a command: inline, durable, or through the outbox
//! - [`process_manager`]: a process that takes time: cancel an unpaid order after 30 minutes
//! - [`backup`]: backup and restore
//!
//! The whole of it takes one provider. What commands write and queries read is the application's own SQL, and
//! everything else of a call is kept beside it:
//!
//! ```standalone_crate
//! use cqrs_core::{Bus, Events, Fault, command, event, handler, provide, query};
//! use cqrs_sqlite::{OpenError, ReadDb, Sqlite, WriteTx};
//! use serde::{Deserialize, Serialize};
//!
//! const SCHEMA: [(&str, &str); 1] =
//!     [("notes", "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")];
//!
//! # struct Config { path: std::path::PathBuf }
//! # static PATH: std::sync::OnceLock<std::path::PathBuf> = std::sync::OnceLock::new();
//! # #[provide] fn config() -> Config { Config { path: PATH.get().unwrap().clone() } }
//! #[provide]
//! async fn db(config: &Config) -> Result<Sqlite, OpenError> {
//!     Sqlite::options(&config.path).migrations(SCHEMA).open().await
//! }
//!
//! #[command(output = i64, error = Fault)]
//! struct AddNote { text: String }
//!
//! #[event(name = "note.added")]
//! #[derive(Clone, Serialize, Deserialize)]
//! struct NoteAdded { #[aggregate_id("note")] id: i64 }
//!
//! #[handler]
//! async fn add_note(cmd: AddNote, tx: &mut WriteTx, events: &mut Events) -> Result<i64, Fault> {
//!     let id = tx.one("INSERT INTO note (text) VALUES (?) RETURNING id", (cmd.text,)).await?;
//!     let id = id.ok_or_else(|| Fault::internal("a note has no id"))?;
//!     events.raise(NoteAdded { id });
//!     Ok(id)
//! }
//!
//! #[query(output = Vec<String>, error = Fault)]
//! struct Notes;
//!
//! #[handler]
//! async fn notes(_: Notes, db: &ReadDb) -> Result<Vec<String>, Fault> {
//!     db.all("SELECT text FROM note ORDER BY id", ()).await
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! # let directory = tempfile::tempdir().unwrap();
//! # PATH.set(directory.path().join("notes.db")).unwrap();
//! let bus = Bus::global();
//! let started = bus.start().await.unwrap();
//! assert_eq!(bus.execute(AddNote { text: "milk".into() }).await.unwrap(), 1);
//! assert_eq!(bus.query(Notes).await.unwrap(), ["milk"]);
//! assert_eq!(bus.log().read_all(None, 10).await.unwrap()[0].name, "note.added");
//! started.shutdown().await;
//! # }
//! ```

pub mod backup;
pub mod delivery;
pub mod process_manager;
pub mod promises;
