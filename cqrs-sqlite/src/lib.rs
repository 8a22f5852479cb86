//! The embedded store of cqrs, on SQLite.
//!
//! [`Sqlite::open`] opens a database with one writer and a pool of readers. The writer is a thread of its own that
//! commits many writes at once; a query reads with [`ReadDb`], which cannot write.
//!
//! ```
//! use cqrs_sqlite::Sqlite;
//!
//! #[derive(serde::Deserialize, Debug, PartialEq)]
//! struct User { id: i64, name: Option<String> }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("users.db");
//! let users = Sqlite::options(path)
//!     .migrations([("users", "
//!         CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT) STRICT;
//!         INSERT INTO user (id, name) VALUES (1, 'Ada');
//!     ")])
//!     .open()
//!     .await
//!     .unwrap();
//! let ada: Option<User> = users.reads().one("SELECT id, name FROM user WHERE id = ?", (1,)).await.unwrap();
//! assert_eq!(ada, Some(User { id: 1, name: Some("Ada".into()) }));
//! # }
//! ```
//!
//! It is the store of a bus that it is given or [provided](macro@cqrs_core::provide) to: a command's own writes
//! ([`WriteTx`]), its events, outbox, outcome and audit row are one commit, and handlers of events go on where they
//! were. The [`guide`] says what is promised and what is not, and how to work with it.
//!
//! Several processes of one machine may open one file. A file on another machine's disk is refused.
//!
//! SQLite itself is compiled in, which takes a C compiler. The feature `fail-points`, off by default, lets a test of the
//! store kill the process at a named step.

#![forbid(unsafe_code)]
pub mod guide;

// Opening.
mod error;
mod migrate;
mod network;
mod open;
mod options;
mod schema;
mod sqlite;

// Writing.
mod writer;

// The store of a bus.
mod store;
mod unit;

// Reading.
mod changes;
mod column;
mod read_db;
mod readers;
mod rows;

// What they share.
#[cfg(feature = "fail-points")]
pub mod fail_points;
#[cfg(not(feature = "fail-points"))]
mod fail_points;
mod faults;
mod guarded;
mod paused;
mod refused;

pub use rusqlite;

pub use error::OpenError;
pub use faults::sqlite_error;
pub use options::{Migration, Options, Synchronous};
pub use read_db::ReadDb;
pub use rows::RowError;
pub use sqlite::Sqlite;
pub use unit::{SqliteUnit, WriteTx};
pub use writer::WriterMetrics;
