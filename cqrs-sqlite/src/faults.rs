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
#[cfg(test)]
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

/// The fault of who took part in a transaction that was lost with what others did in it, and cannot be done again by
/// anybody else.
pub(crate) fn lost_with_others(error: Option<&Arc<rusqlite::Error>>) -> Fault {
    let text = "the transaction that several writes shared was lost, and nothing happened: try again";
    match error {
        Some(error) => Fault::unavailable(format!("{text} ({})", told(error).1)).caused_by(SharedError(error.clone())),
        None => Fault::unavailable(text),
    }
}

/// The fault of whoever took part in a transaction that is gone, and was not rolled back.
pub(crate) fn lost_sight_of() -> Fault {
    Fault::outcome_unknown(
        "the transaction of several writes was ended by one of them and not by the writer, and nobody knows what of it is \
         kept: look for a handler that reaches around the connection it is given",
    )
}

/// What kind of fault an error of SQLite is, and what is told of it.
pub(crate) fn told(error: &rusqlite::Error) -> (FaultKind, String) {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cqrs_core::{Effect, Fault, FaultKind};
    use rusqlite::{Connection, ErrorCode, ffi};

    use super::{extended_code, fault_of, fault_of_shared, is_unique, sqlite_error};

    fn failure(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some("what SQLite says".to_owned()))
    }

    #[test]
    fn each_code_is_a_fault_that_says_what_to_do() {
        for (code, kind, says) in [
            (ffi::SQLITE_BUSY, FaultKind::Unavailable, "another connection holds the database, try again"),
            (ffi::SQLITE_LOCKED, FaultKind::Unavailable, "another connection holds the database, try again"),
            (ffi::SQLITE_FULL, FaultKind::Unavailable, "the disk is full: make room"),
            (ffi::SQLITE_IOERR_READ, FaultKind::Unavailable, "look at the system's log"),
            (ffi::SQLITE_CANTOPEN, FaultKind::Unavailable, "look at the system's log"),
            (ffi::SQLITE_NOMEM, FaultKind::Unavailable, "no memory left"),
            (ffi::SQLITE_INTERRUPT, FaultKind::Timeout, "interrupted"),
            (ffi::SQLITE_CORRUPT, FaultKind::Internal, "restore a backup"),
            (ffi::SQLITE_NOTADB, FaultKind::Internal, "restore a backup"),
            (ffi::SQLITE_READONLY, FaultKind::Internal, "read-only"),
            (ffi::SQLITE_CONSTRAINT_UNIQUE, FaultKind::Conflict, "what SQLite says"),
            (ffi::SQLITE_CONSTRAINT_PRIMARYKEY, FaultKind::Conflict, "what SQLite says"),
            (ffi::SQLITE_CONSTRAINT_FOREIGNKEY, FaultKind::Internal, "what SQLite says"),
            (ffi::SQLITE_CONSTRAINT_CHECK, FaultKind::Internal, "what SQLite says"),
            (ffi::SQLITE_ERROR, FaultKind::Internal, "what SQLite says"),
        ] {
            for fault in [fault_of(failure(code), "a read"), fault_of_shared(&Arc::new(failure(code)), "a read")] {
                assert_eq!((fault.kind(), fault.effect()), (kind, Effect::Nothing), "{code}: {fault}");
                assert!(fault.detail().starts_with("a read: ") && fault.detail().contains(says), "{code}: {fault}");
                assert_eq!(extended_code(&fault), Some(code), "{fault:?}");
            }
        }
    }

    #[test]
    fn an_error_that_is_not_sqlites_own_is_internal() {
        let fault = fault_of(rusqlite::Error::InvalidQuery, "a read");
        assert_eq!(fault.kind(), FaultKind::Internal);
        assert_eq!((extended_code(&fault), sqlite_error(&fault)), (None, Some(&rusqlite::Error::InvalidQuery)));
    }

    #[test]
    fn the_error_is_found_behind_other_faults() {
        let fault = Fault::internal("outer").caused_by(fault_of(failure(ffi::SQLITE_FULL), "inner"));
        assert_eq!(sqlite_error(&fault).unwrap().sqlite_error_code(), Some(ErrorCode::DiskFull));
        assert!(sqlite_error(&Fault::internal("of something else")).is_none());
    }

    #[test]
    fn a_uniqueness_is_known_by_its_columns() {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch("CREATE TABLE t (a, b, c UNIQUE, UNIQUE (a, b)); INSERT INTO t VALUES (1, 2, 3)").unwrap();
        let fault = |sql| fault_of(conn.execute(sql, ()).unwrap_err(), "an insert");
        let pair = fault("INSERT INTO t VALUES (1, 2, 4)");
        assert!(is_unique(&pair, &["t.a", "t.b"]), "{pair:?}");
        assert!(!is_unique(&pair, &["t.a"]) && !is_unique(&pair, &["t.c"]));
        assert!(is_unique(&fault("INSERT INTO t VALUES (1, 3, 3)"), &["t.c"]));
        assert!(!is_unique(&Fault::conflict("of something else"), &["t.c"]));
    }
}
