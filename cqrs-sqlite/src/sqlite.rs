//! [`Sqlite`]: a database that is open.

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::changes::Changes;
use crate::error::OpenError;
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
