//! Opening a database: what is checked, in which order, and with which settings its connections begin.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::changes::Changes;
use crate::error::OpenError;
use crate::faults::is_busy;
use crate::guarded::Guarded;
use crate::migrate::{self, Failed};
use crate::network::network_file_system;
use crate::options::{Options, Synchronous};
use crate::read_db::ReadDb;
use crate::readers::{self, Readers};
use crate::sqlite::{Open, Sqlite};
use crate::writer::{SpawnError, Writer};

/// The first version without the WAL-reset bug, which damages a database that two connections write back at once.
const OLDEST: i32 = 3_051_003;

/// How far the write-ahead log is cut back once it has been longer, in bytes.
const LOG_KEPT: i64 = 64 * 1024 * 1024;

/// Opens it, on a thread that may block.
pub(crate) fn open(options: Options) -> Result<Sqlite, OpenError> {
    check_version(rusqlite::version_number(), rusqlite::version())?;
    let path = absolute(&options.path)?;
    check_file_system(&path, &options, network_file_system)?;
    let (conn, id) = waiting_for_locks(&path, options.writer.lock_wait, || prepare(&path, &options))?;
    let writer = Writer::spawn(conn, &path, options.writer.clone()).map_err(|error| match error {
        SpawnError::Sqlite(error) => told(&path, error),
        SpawnError::Thread(error) => OpenError::Failed { path: path.clone(), source: error.into() },
    })?;
    let readers = Readers::open(&path, options.readers).map_err(|error| told(&path, error))?;
    let changes = readers::open(&path)
        .and_then(|conn| Changes::new(writer.commits(), conn, options.poll_interval))
        .map_err(|error| told(&path, error))?;
    let reads = ReadDb::new(readers, options.read_budget, writer.clone());
    Ok(Sqlite::new(Open { id, writer, reads, changes, keeping: options.keeping, path }))
}

fn check_version(number: i32, version: &str) -> Result<(), OpenError> {
    match number < OLDEST {
        true => Err(OpenError::OldSqlite { found: version.to_owned() }),
        false => Ok(()),
    }
}

/// The path as every connection of it is opened, whatever becomes of the working directory.
fn absolute(path: &Path) -> Result<PathBuf, OpenError> {
    let no_file = || OpenError::NoFile { path: path.to_owned() };
    let name = path.file_name().ok_or_else(no_file)?;
    if path == Path::new(":memory:") || path.is_dir() {
        return Err(no_file());
    }
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => OpenError::NoDirectory { path: path.to_owned() },
        _ => OpenError::Failed { path: path.to_owned(), source: source.into() },
    };
    // A link to a database is opened where the database is: its log is beside it.
    match path.canonicalize() {
        Ok(path) => Ok(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
            Ok(directory.canonicalize().map_err(failed)?.join(name))
        }
        Err(error) => Err(failed(error)),
    }
}

/// Refuses what is on another machine's disk, if it may not be.
fn check_file_system(
    path: &Path,
    options: &Options,
    network: impl FnOnce(&Path) -> Option<String>,
) -> Result<(), OpenError> {
    match network(path) {
        Some(file_system) if !options.allow_network_file_system => {
            Err(OpenError::NetworkFileSystem { path: path.to_owned(), file_system })
        }
        _ => Ok(()),
    }
}

/// Does it again while another connection is in the way.
fn waiting_for_locks<T>(
    path: &Path,
    wait: Duration,
    mut open: impl FnMut() -> Result<T, Failed>,
) -> Result<T, OpenError> {
    let until = Instant::now() + wait;
    loop {
        match open() {
            Ok(value) => return Ok(value),
            Err(Failed::Open(error)) => return Err(error),
            Err(Failed::Sqlite(source)) if is_busy(&source) => {
                if Instant::now() >= until {
                    return Err(OpenError::Locked { path: path.to_owned(), waited: wait, source });
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(Failed::Sqlite(error)) => return Err(told(path, error)),
        }
    }
}

/// The writing connection, with the tables as they have to be, and the id of the file.
fn prepare(path: &Path, options: &Options) -> Result<(Connection, String), Failed> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    // SQLite opens a file that it may only read without a word.
    if conn.is_readonly("main")? {
        return Err(OpenError::ReadOnly { path: path.to_owned(), source: None }.into());
    }
    // The waiting is in one place, with one limit for all of it.
    conn.busy_timeout(Duration::ZERO)?;
    // Before anything is changed: it may be somebody else's.
    migrate::found(&conn, path)?;
    write_ahead(&conn, path)?;
    conn.pragma_update(
        None,
        "synchronous",
        match options.synchronous {
            Synchronous::Full => "FULL",
            Synchronous::Normal => "NORMAL",
        },
    )?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // Answers with the limit, as a query does.
    conn.query_row(&format!("PRAGMA journal_size_limit = {LOG_KEPT}"), (), |_| Ok(()))?;
    conn.set_prepared_statement_cache_capacity(256);
    let conn = Guarded::new(conn)?;
    let id = migrate::framework(&conn, path)?;
    migrate::application(&conn, path, &options.migrations)?;
    Ok((conn.into_inner(), id))
}

/// Gives the database a write-ahead log, if it has none.
fn write_ahead(conn: &Connection, path: &Path) -> Result<(), Failed> {
    let journal: String = conn.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0))?;
    match journal.eq_ignore_ascii_case("wal") {
        true => Ok(()),
        false => Err(OpenError::NoWal { path: path.to_owned(), found: journal }.into()),
    }
}

fn told(path: &Path, error: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => OpenError::NoDatabase { path, source: error },
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            OpenError::ReadOnly { path, source: Some(error) }
        }
        _ => OpenError::Failed { path, source: error.into() },
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rusqlite::Connection;

    use super::{check_file_system, check_version, write_ahead};
    use crate::error::OpenError;
    use crate::migrate::Failed;
    use crate::options::Options;

    #[test]
    fn a_file_system_of_the_network_is_refused_unless_it_is_allowed() {
        let path = Path::new("/srv/users.db");
        let check = |options: Options, network: Option<&str>| {
            check_file_system(path, &options, |asked| {
                assert_eq!(asked, path);
                network.map(str::to_owned)
            })
        };
        let error = check(Options::new(path), Some("nfs4")).unwrap_err();
        assert!(
            matches!(&error, OpenError::NetworkFileSystem { file_system, .. } if file_system == "nfs4"),
            "{error:?}"
        );
        assert!(error.to_string().contains("`allow_network_file_system`"), "{error}");
        check(Options::new(path).allow_network_file_system(), Some("nfs4")).unwrap();
        check(Options::new(path), None).unwrap();
    }

    #[test]
    fn an_sqlite_that_damages_databases_is_refused() {
        let error = check_version(3_051_002, "3.51.2").unwrap_err();
        assert!(error.to_string().starts_with("SQLite 3.51.2 can damage"), "{error}");
        check_version(3_051_003, "3.51.3").unwrap();
        check_version(rusqlite::version_number(), rusqlite::version()).unwrap();
    }

    #[test]
    fn a_database_without_a_write_ahead_log_is_refused() {
        let failed = write_ahead(&Connection::open_in_memory().unwrap(), Path::new("users.db")).unwrap_err();
        let Failed::Open(OpenError::NoWal { found, .. }) = failed else { panic!("{failed:?}") };
        assert_eq!(found, "memory");
    }
}
