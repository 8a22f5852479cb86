//! How a database is opened: [`Options`].

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::OpenError;
use crate::open;
use crate::sqlite::Sqlite;
use crate::store::Keeping;
use crate::writer::WriterOptions;

/// How a database is opened, where the defaults do not fit. [`Sqlite::options`] has them.
///
/// ```
/// use std::time::Duration;
/// use cqrs_sqlite::Sqlite;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("users.db");
/// let users = Sqlite::options(path)
///     .migrations([
///         ("users", "CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT"),
///         ("names are unique", "CREATE UNIQUE INDEX user_name ON user (name)"),
///     ])
///     .lock_wait(Duration::from_secs(10))
///     .open()
///     .await
///     .unwrap();
/// assert_eq!(users.reads().one::<i64>("SELECT count(*) FROM user", ()).await.unwrap(), Some(0));
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a database is opened by `.open().await`"]
pub struct Options {
    pub(crate) path: PathBuf,
    pub(crate) migrations: Vec<Migration>,
    pub(crate) readers: usize,
    pub(crate) read_budget: Duration,
    pub(crate) synchronous: Synchronous,
    pub(crate) allow_network_file_system: bool,
    pub(crate) poll_interval: Duration,
    pub(crate) writer: WriterOptions,
    pub(crate) keeping: Keeping,
}

/// How long outcomes of idempotent commands are kept.
const KEEP_OUTCOMES: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long rows of the audit trail are kept.
const KEEP_AUDIT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// A change of the application's own tables, made once in the life of a database.
///
/// Each is one transaction, recorded by its name and what it says: the text of one that was applied never changes.
/// References between tables are not enforced while it runs, and checked before it commits, so that a table can be
/// made anew; it neither begins nor ends a transaction itself. Names that begin with `cq_` are the framework's: such
/// tables may be read, and are neither made nor changed. A `PRAGMA` that sets something of the connection is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// What it is called.
    pub name: Cow<'static, str>,
    /// What it does: any number of statements.
    pub sql: Cow<'static, str>,
}

impl Migration {
    /// A migration of this name.
    pub fn new(name: impl Into<Cow<'static, str>>, sql: impl Into<Cow<'static, str>>) -> Migration {
        Migration { name: name.into(), sql: sql.into() }
    }
}

impl<N: Into<Cow<'static, str>>, S: Into<Cow<'static, str>>> From<(N, S)> for Migration {
    fn from((name, sql): (N, S)) -> Self {
        Migration::new(name, sql)
    }
}

impl From<&(&'static str, &'static str)> for Migration {
    fn from(&(name, sql): &(&'static str, &'static str)) -> Self {
        Migration::new(name, sql)
    }
}

impl From<&Migration> for Migration {
    fn from(migration: &Migration) -> Self {
        migration.clone()
    }
}

/// When a commit is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Synchronous {
    /// Before it is answered: what was answered survives a loss of power.
    #[default]
    Full,
    /// Later: the last commits may be gone after a loss of power, and none after a crash of the process.
    Normal,
}

impl Options {
    pub(crate) fn new(path: impl Into<PathBuf>) -> Options {
        Options {
            path: path.into(),
            migrations: Vec::new(),
            readers: std::thread::available_parallelism().map_or(2, |count| count.get().max(2)),
            read_budget: Duration::from_millis(1),
            synchronous: Synchronous::default(),
            allow_network_file_system: false,
            poll_interval: Duration::from_millis(100),
            writer: WriterOptions::default(),
            keeping: Keeping { outcomes: KEEP_OUTCOMES, audit: Some(KEEP_AUDIT) },
        }
    }

    /// The application's own schema, oldest first: what of it was not applied yet is applied when the database is
    /// opened.
    pub fn migrations<M: Into<Migration>>(mut self, migrations: impl IntoIterator<Item = M>) -> Self {
        self.migrations.extend(migrations.into_iter().map(Into::into));
        self
    }

    /// How many connections read at once. As many as the machine has processors, and at least two.
    pub fn readers(mut self, count: usize) -> Self {
        self.readers = count.clamp(1, tokio::sync::Semaphore::MAX_PERMITS);
        self
    }

    /// How long a read may keep the thread that awaits it, before it begins again in a blocking thread. 1 ms; for zero
    /// every read is in a blocking thread.
    pub fn read_budget(mut self, budget: Duration) -> Self {
        self.read_budget = budget;
        self
    }

    /// How many writes wait for the writer at most. 1024; who finds no room in time is told that the store is
    /// unavailable.
    pub fn queue(mut self, length: usize) -> Self {
        self.writer.queue = length.clamp(1, tokio::sync::Semaphore::MAX_PERMITS);
        self
    }

    /// How many writes share one transaction at most. 1024.
    pub fn group(mut self, writes: usize) -> Self {
        self.writer.group = writes.max(1);
        self
    }

    /// After what time a transaction takes no more writes. 10 ms; it never waits for any.
    pub fn group_time(mut self, limit: Duration) -> Self {
        self.writer.group_time = limit;
        self
    }

    /// How long an interactive transaction may hold the writer, and one statement run. 2 s, then it is rolled back.
    pub fn hold_limit(mut self, limit: Duration) -> Self {
        self.writer.hold_limit = limit;
        self
    }

    /// How long another process's transaction is waited for, when the database is opened and when it is written. 5 s.
    pub fn lock_wait(mut self, limit: Duration) -> Self {
        self.writer.lock_wait = limit;
        self
    }

    /// How long a call without a deadline waits for room in the queue, and for the writer. 5 s.
    pub fn wait(mut self, limit: Duration) -> Self {
        self.writer.wait = limit;
        self
    }

    /// How long the write-ahead log grows before it is written back, in pages. 1000.
    pub fn checkpoint_pages(mut self, pages: u32) -> Self {
        self.writer.checkpoint_pages = i64::from(pages.max(1));
        self
    }

    /// When a commit is on the disk. Before it is answered.
    pub fn synchronous(mut self, when: Synchronous) -> Self {
        self.synchronous = when;
        self
    }

    /// How often other processes' commits are looked for, while something waits for commits. Every 100 ms.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.poll_interval = interval;
        self
    }

    /// Opens a database on a file system of the network too. Two machines that open it damage it.
    pub fn allow_network_file_system(mut self) -> Self {
        self.allow_network_file_system = true;
        self
    }

    /// How long the outcomes of idempotent commands are kept: so long a command that is sent again under its key is not
    /// carried out again. 7 days.
    pub fn keep_outcomes(mut self, keep: Duration) -> Self {
        self.keeping.outcomes = keep;
        self
    }

    /// How long rows of the audit trail are kept. 90 days.
    pub fn keep_audit(mut self, keep: Duration) -> Self {
        self.keeping.audit = Some(keep);
        self
    }

    /// Keeps no audit trail. There is one otherwise.
    pub fn no_audit(mut self) -> Self {
        self.keeping.audit = None;
        self
    }

    /// Where the database is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens it: makes the file if there is none, and applies the migrations.
    ///
    /// # Errors
    /// An [`OpenError`] that says what to do.
    pub async fn open(self) -> Result<Sqlite, OpenError> {
        let path = self.path.clone();
        let opened = tokio::task::spawn_blocking(move || open::open(self)).await;
        opened.unwrap_or_else(|error| Err(OpenError::Failed { path, source: error.into() }))
    }
}
