//! [`Sqlite`]: a database that is open.

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cqrs_core::Fault;
use rusqlite::{Connection, OpenFlags};

use crate::changes::Changes;
use crate::error::OpenError;
use crate::faults::fault_of;
use crate::options::Options;
use crate::read_db::ReadDb;
use crate::store::Keeping;
use crate::writer::{Writer, WriterMetrics};

/// A database that is open: one writer, and readers. A clone is another handle of it.
///
/// ```
/// use cqrs_sqlite::Sqlite;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("users.db");
/// let users = Sqlite::open(path).await.unwrap();
/// assert_eq!(users.reads().one::<String>("SELECT 'ready'", ()).await.unwrap().as_deref(), Some("ready"));
/// # }
/// ```
#[derive(Clone)]
pub struct Sqlite(Arc<Open>);

pub(crate) struct Open {
    pub(crate) path: PathBuf,
    pub(crate) id: String,
    pub(crate) writer: Writer,
    pub(crate) reads: ReadDb,
    pub(crate) changes: Changes,
    pub(crate) keeping: Keeping,
}

impl Sqlite {
    /// Opens the database at this path, and makes the file if there is none.
    ///
    /// # Errors
    /// An [`OpenError`] that says what to do.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Sqlite, OpenError> {
        Sqlite::options(path).open().await
    }

    /// What can be chosen before the database at this path is opened.
    pub fn options(path: impl Into<PathBuf>) -> Options {
        Options::new(path)
    }

    /// What a query reads with.
    #[must_use]
    pub fn reads(&self) -> ReadDb {
        self.0.reads.clone()
    }

    /// Writes a copy of the database as it is now into a new file, while calls go on: a backup, which is opened like any
    /// other database. It is on the disk when this returns.
    ///
    /// # Errors
    /// A fault, where the file is there already or cannot be written.
    pub async fn backup(&self, to: impl Into<PathBuf>) -> Result<(), Fault> {
        let (from, to) = (self.0.path.clone(), to.into());
        let what = format!("writing a backup to `{}`", to.display());
        if to.exists() {
            return Err(Fault::conflict(format!("{what}: there is a file of that name, and no backup overwrites one")));
        }
        let copied = tokio::task::spawn_blocking(move || {
            // Without the setting of a reader that forbids to write any file at all.
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let conn = Connection::open_with_flags(&from, flags)?;
            conn.execute("VACUUM INTO ?", [to.to_string_lossy()])?;
            std::fs::File::open(&to)
                .and_then(|file| file.sync_all())
                .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
        });
        match copied.await {
            Ok(copied) => copied.map_err(|error| fault_of(error, &what)),
            Err(error) => Err(Fault::internal(what).caused_by(error)),
        }
    }

    /// Where the database is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The random id that the file got when it was made; a copy has the same.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// What the writer has done so far.
    #[must_use]
    pub fn metrics(&self) -> WriterMetrics {
        self.0.writer.metrics()
    }

    pub(crate) fn new(open: Open) -> Sqlite {
        Sqlite(Arc::new(open))
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.0.writer
    }

    /// How long what is written is kept.
    pub(crate) fn keeping(&self) -> Keeping {
        self.0.keeping
    }

    /// What can be awaited to learn of commits.
    pub(crate) fn changes(&self) -> Changes {
        self.0.changes.clone()
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("path", &self.0.path).field("id", &self.0.id).finish_non_exhaustive()
    }
}
