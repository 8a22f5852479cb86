//! A ledger that is made to be killed: every effect of every command leaves rows that can be counted afterwards.
//!
//! The program (`src/main.rs`) sends itself commands and writes a line for each answer, after the answer. What must be
//! in the database then is in `tests/crash`. Whatever id a command has is its correlation id too, so that its row in the
//! audit trail can be found.

pub mod accounts;
pub mod answers;
pub mod follow_up;
pub mod load;
pub mod settings;

use std::path::Path;
use std::time::Duration;

use cqrs_core::{Builder, Bus};
use cqrs_sqlite::{OpenError, Sqlite};

pub use settings::Settings;

/// The application's own tables. None has a constraint that would hide an effect that happens twice.
pub const SCHEMA: [(&str, &str); 1] = [(
    "the ledger",
    "CREATE TABLE entry (row INTEGER PRIMARY KEY, command TEXT NOT NULL, account INTEGER NOT NULL, amount INTEGER NOT NULL) STRICT;
    CREATE INDEX entry_command ON entry (command);
    CREATE TABLE confirmation (row INTEGER PRIMARY KEY, command TEXT NOT NULL) STRICT;
    CREATE TABLE filing (row INTEGER PRIMARY KEY, command TEXT NOT NULL) STRICT;
    CREATE TABLE tally (account INTEGER PRIMARY KEY, posts INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT;
    CREATE TABLE balance (account INTEGER PRIMARY KEY, posts INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT;",
)];

/// Opens the database of a ledger.
///
/// # Errors
/// Why it cannot be opened.
pub async fn open(path: &Path) -> Result<Sqlite, OpenError> {
    Sqlite::options(path).migrations(SCHEMA).poll_interval(Duration::from_millis(20)).open().await
}

/// A bus on an open database.
pub fn builder(db: Sqlite, settings: Settings) -> Builder {
    let Settings { lease, attempts, .. } = settings;
    Bus::builder().store(db).subscription_lease(lease).delivery_attempts(attempts).provide(settings)
}
