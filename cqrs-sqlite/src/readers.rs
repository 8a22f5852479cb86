//! The connections that read: a pool of a fixed number of them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cqrs_core::Fault;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::faults::fault_of;
use crate::guarded::Guarded;

/// A pool of connections that cannot write. Who asks first is served first.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Guarded>>,
    places: Arc<Semaphore>,
}

/// A connection of the pool, until it is dropped.
pub(crate) struct Reader {
    conn: Option<Guarded>,
    pool: Arc<Readers>,
    /// Given up after the connection is back: fields are dropped after the value itself.
    _place: OwnedSemaphorePermit,
}

impl Readers {
    /// Opens all of them.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn open(path: &Path, count: usize) -> rusqlite::Result<Arc<Readers>> {
        let idle = (0..count).map(|_| open(path)).collect::<rusqlite::Result<_>>()?;
        Ok(Arc::new(Readers { path: path.to_owned(), idle: Mutex::new(idle), places: Arc::new(Semaphore::new(count)) }))
    }

    /// A connection, once one is free.
    ///
    /// # Errors
    /// A fault, where another connection is needed and cannot be opened.
    pub(crate) async fn reader(self: &Arc<Self>) -> Result<Reader, Fault> {
        let place = self.places.clone().acquire_owned().await;
        let place = place.map_err(|_| Fault::unavailable("the readers are closed: open the database again"))?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let conn = match idle {
            Some(conn) => conn,
            // One was not fit to come back.
            None => {
                let what = format!("opening a reader of `{}`", self.path.display());
                open(&self.path).map_err(|error| fault_of(error, &what))?
            }
        };
        Ok(Reader { conn: Some(conn), pool: self.clone(), _place: place })
    }
}

impl Reader {
    /// The connection.
    ///
    /// # Errors
    /// None while the reader is not dropped.
    pub(crate) fn conn(&self) -> Result<&Guarded, Fault> {
        self.conn.as_ref().ok_or_else(|| Fault::internal("a reader was used after its end"))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // A transaction that was left open would show its old state to the next; a connection that cannot end it is
        // replaced by another when one is needed.
        let Some(conn) = self.conn.take() else { return };
        if conn.own().is_autocommit() || conn.own().execute_batch("ROLLBACK").is_ok() {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        }
    }
}

/// A connection that cannot write, by its flags and by its own settings.
pub(crate) fn open(path: &Path) -> rusqlite::Result<Guarded> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Who may block waits for locks; this is for who may not.
    conn.busy_timeout(Duration::ZERO)?;
    conn.pragma_update(None, "query_only", true)?;
    conn.set_prepared_statement_cache_capacity(128);
    Guarded::new(conn)
}
