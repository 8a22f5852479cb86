//! What SQLite says, as a [`Fault`].

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use cqrs_core::{Fault, FaultKind};
use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::rows::RowError;

/// The error of SQLite that caused a fault, wherever it is among its sources.
///
/// ```
/// use cqrs_core::Fault;
/// use cqrs_sqlite::{rusqlite, sqlite_error};
///
/// fn disk_is_full(fault: &Fault) -> bool {
///     sqlite_error(fault).and_then(|error| error.sqlite_error_code()) == Some(rusqlite::ErrorCode::DiskFull)
/// }
///
/// assert!(!disk_is_full(&Fault::unavailable("the mailer does not answer")));
/// ```
#[must_use]
pub fn sqlite_error(fault: &Fault) -> Option<&rusqlite::Error> {
    std::iter::successors(fault.source(), |&error| error.source()).find_map(|error| error.downcast_ref())
}

/// SQLite's extended code of a fault's cause, such as [`rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE`].
pub(crate) fn extended_code(fault: &Fault) -> Option<i32> {
    sqlite_error(fault)?.sqlite_error().map(|error| error.extended_code)
}

/// Whether a UNIQUE constraint over exactly these columns caused the fault, each as `table.column`.
pub(crate) fn is_unique(fault: &Fault, columns: &[&str]) -> bool {
    match sqlite_error(fault) {
        Some(rusqlite::Error::SqliteFailure(error, Some(message))) if is_unique_code(error.extended_code) => message
            .strip_prefix("UNIQUE constraint failed: ")
            .is_some_and(|named| named.split(", ").eq(columns.iter().copied())),
        _ => false,
    }
}

/// The fault that an error of SQLite is, of a statement or a transaction of which nothing is left.
///
/// `what` says what was being done, such as "reading `users`". A uniqueness that is broken is a conflict.
pub(crate) fn fault_of(error: rusqlite::Error, what: &str) -> Fault {
    let (kind, detail) = told(&error);
    Fault::new(kind, format!("{what}: {detail}")).caused_by(error)
}

/// [`fault_of`] an error that several callers get.
pub(crate) fn fault_of_shared(error: &Arc<rusqlite::Error>, what: &str) -> Fault {
    let (kind, detail) = told(error);
    Fault::new(kind, format!("{what}: {detail}")).caused_by(SharedError(error.clone()))
}

fn told(error: &rusqlite::Error) -> (FaultKind, String) {
    use FaultKind::{Conflict, Internal, Timeout, Unavailable};
    if let rusqlite::Error::FromSqlConversionFailure(_, _, source) = error
        && let Some(row) = source.downcast_ref::<RowError>()
    {
        return (Internal, row.to_string());
    }
    let Some(code) = error.sqlite_error_code() else { return (Internal, error.to_string()) };
    let cured = |cure: &str| format!("{error}: {cure}");
    match code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            (Unavailable, cured("another connection holds the database, try again"))
        }
        ErrorCode::DiskFull => (Unavailable, "the disk is full: make room, nothing has to be restarted".to_owned()),
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::FileLockingProtocolFailed => {
            (Unavailable, cured("the disk does not do as it is told, look at the system's log"))
        }
        ErrorCode::OutOfMemory => (Unavailable, cured("there is no memory left")),
        ErrorCode::OperationInterrupted => (Timeout, "it was interrupted".to_owned()),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            (Internal, cured("the database file is damaged, restore a backup"))
        }
        ErrorCode::ReadOnly => (Internal, cured("the file or this connection is read-only")),
        ErrorCode::ConstraintViolation if is_unique_code(extended(error)) => (Conflict, error.to_string()),
        _ => (Internal, error.to_string()),
    }
}

fn is_unique_code(extended: i32) -> bool {
    matches!(extended, ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID)
}

fn extended(error: &rusqlite::Error) -> i32 {
    error.sqlite_error().map_or(0, |error| error.extended_code)
}

/// Whether another connection is in the way.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// A panic's own words.
pub(crate) fn panicked(who: &str, payload: &(dyn std::any::Any + Send)) -> Fault {
    let words = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a payload that is no text");
    Fault::new(FaultKind::Panic, format!("{who} panicked: {words}"))
}

/// The source of a fault that several callers got.
#[derive(Debug)]
struct SharedError(Arc<rusqlite::Error>);

impl fmt::Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the transaction that several writes shared was lost")
    }
}

impl Error for SharedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}
