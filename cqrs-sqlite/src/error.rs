//! Why a database could not be opened: [`OpenError`].

use std::path::PathBuf;
use std::time::Duration;

use cqrs_core::BoxError;

/// Why a database could not be opened. It names the file, and what to do; nothing was changed, but for migrations
/// before one that failed.
///
/// ```
/// use cqrs_sqlite::{OpenError, Sqlite};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let error = Sqlite::open("no/such/directory/users.db").await.unwrap_err();
/// assert!(matches!(error, OpenError::NoDirectory { .. }));
/// assert_eq!(error.to_string(), "the directory of `no/such/directory/users.db` does not exist: create it first");
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The path is none of a file.
    #[error("`{}` is no file: several connections share a database here, so give it a path", path.display())]
    NoFile {
        /// The path.
        path: PathBuf,
    },
    /// The directory is not there.
    #[error("the directory of `{}` does not exist: create it first", path.display())]
    NoDirectory {
        /// The database.
        path: PathBuf,
    },
    /// The file is damaged, or is no database of SQLite.
    #[error(
        "`{}` is damaged, or is no SQLite database: restore a backup together with its `-wal` file, or name another \
         file",
        path.display()
    )]
    NoDatabase {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The file is another application's.
    #[error(
        "`{}` belongs to another application, whose `application_id` is {found:#010x}: name another file",
        path.display()
    )]
    OfAnother {
        /// The database.
        path: PathBuf,
        /// The `application_id` in its header.
        found: i32,
    },
    /// The framework's tables are of a version that this one does not know.
    #[error(
        "the tables of the framework in `{}` are of version {found}, and this program knows version {known}: start a \
         newer version of the program",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// The version of its tables.
        found: i64,
        /// The newest version that is known.
        known: usize,
    },
    /// The file, or its directory, cannot be written.
    #[error(
        "`{}` cannot be written: the user of the process must be allowed to write the file and its directory, where \
         SQLite keeps a `-wal` and a `-shm` file beside it",
        path.display()
    )]
    ReadOnly {
        /// The database.
        path: PathBuf,
        /// What SQLite says, if it was SQLite that found out.
        source: Option<rusqlite::Error>,
    },
    /// Another process holds the file.
    #[error(
        "another process holds `{}` for longer than {waited:?}: end it, or wait longer with `lock_wait`",
        path.display()
    )]
    Locked {
        /// The database.
        path: PathBuf,
        /// How long the lock was waited for.
        waited: Duration,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The file is on another machine's disk.
    #[error(
        "`{}` is on a file system of the network, `{file_system}`, whose locks and shared memory SQLite cannot rely \
         on: keep it on a local disk, or accept the risk with `allow_network_file_system`",
        path.display()
    )]
    NetworkFileSystem {
        /// The database.
        path: PathBuf,
        /// The type of the file system.
        file_system: String,
    },
    /// There can be no write-ahead log.
    #[error(
        "`{}` cannot have a write-ahead log, its journal is `{found}`: keep it on a file system with shared memory",
        path.display()
    )]
    NoWal {
        /// The database.
        path: PathBuf,
        /// The journal that SQLite has instead.
        found: String,
    },
    /// The SQLite that is linked can damage a database.
    #[error(
        "SQLite {found} can damage a database in WAL mode, and is not used: link 3.51.3 or newer, which \
         `rusqlite` 0.39 with the feature `bundled` has"
    )]
    OldSqlite {
        /// The version that is linked.
        found: String,
    },
    /// Two migrations have one name.
    #[error("two migrations are called `{name}`: give each a name of its own")]
    TwoMigrations {
        /// The name.
        name: String,
    },
    /// A migration is not what it was when it was applied.
    #[error(
        "the migration `{name}` was changed after it was applied to `{}`: put its text back, and write what is to \
         change as another migration after it",
        path.display()
    )]
    ChangedMigration {
        /// The database.
        path: PathBuf,
        /// The migration.
        name: String,
    },
    /// A migration that was applied is not there.
    #[error(
        "the migration `{name}` was applied to `{}`, and the program does not have it: put it back, or start the \
         version of the program that has it",
        path.display()
    )]
    MissingMigration {
        /// The database.
        path: PathBuf,
        /// The migration.
        name: String,
    },
    /// A migration stands before one that was applied earlier.
    #[error(
        "the migration `{name}` stands where `{applied}` was applied to `{}`: keep the order in which they were \
         applied, with new ones at the end",
        path.display()
    )]
    ReorderedMigration {
        /// The database.
        path: PathBuf,
        /// The migration that stands there now.
        name: String,
        /// The one that was applied there.
        applied: String,
    },
    /// A migration failed, and nothing of it is left.
    #[error("the migration `{name}` of `{}` failed, and nothing of it is left", path.display())]
    FailedMigration {
        /// The database.
        path: PathBuf,
        /// The migration.
        name: String,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A migration begins or ends a transaction.
    #[error(
        "the migration `{name}` of `{}` begins or ends a transaction, and nothing of it is left: leave that out, each \
         migration is one transaction",
        path.display()
    )]
    TransactionInMigration {
        /// The database.
        path: PathBuf,
        /// The migration.
        name: String,
    },
    /// A migration does something that only the framework does, such as to write its tables.
    #[error("the migration `{name}` of `{}` is not applied, and nothing of it is left: {refused}", path.display())]
    RefusedInMigration {
        /// The database.
        path: PathBuf,
        /// The migration.
        name: String,
        /// What was refused, and what to do instead.
        refused: String,
    },
    /// A migration leaves rows that refer to nothing.
    #[error(
        "after the migration `{name}` of `{}` rows of `{table}` refer to rows that are not there, so nothing of it is \
         left: repair them in the migration",
        path.display()
    )]
    BrokenReferences {
        /// The database.
        path: PathBuf,
        /// The migration.
        name: String,
        /// The first table with such a row.
        table: String,
    },
    /// Anything else that broke.
    #[error("`{}` could not be opened", path.display())]
    Failed {
        /// The database.
        path: PathBuf,
        /// What broke.
        source: BoxError,
    },
}
