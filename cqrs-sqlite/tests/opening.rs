//! Opening a database, and what is told where that fails.

#![cfg(unix)]

mod common;

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use common::Directory;
use cqrs_sqlite::rusqlite::Connection;
use cqrs_sqlite::{OpenError, Sqlite};

#[tokio::test]
async fn a_file_is_made_and_marked_and_keeps_its_id() {
    let directory = Directory::new();
    let first = Sqlite::open(directory.database()).await.unwrap();
    assert_eq!(first.path(), directory.database().canonicalize().unwrap());
    assert_eq!(first.id().len(), 32);
    let again = Sqlite::open(directory.database()).await.unwrap();
    assert_eq!(first.id(), again.id());
    let other = Directory::new();
    assert_ne!(first.id(), Sqlite::open(other.database()).await.unwrap().id());

    let conn = Connection::open(directory.database()).unwrap();
    let value = |sql| conn.query_row(sql, (), |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(value("PRAGMA application_id"), i64::from(u32::from_be_bytes(*b"cqrs")));
    assert_eq!(value("SELECT value FROM cq_meta WHERE key = 'schema_version'"), 1);
    assert!(value("SELECT value FROM cq_meta WHERE key = 'created_at'") > 1_700_000_000);
    assert_eq!(conn.query_row("PRAGMA journal_mode", (), |row| row.get::<_, String>(0)).unwrap(), "wal");
}

#[tokio::test]
async fn a_file_with_tables_of_its_own_is_taken_as_it_is() {
    let directory = Directory::new();
    let conn = Connection::open(directory.database()).unwrap();
    conn.execute_batch("CREATE TABLE mine (id INTEGER); INSERT INTO mine VALUES (7)").unwrap();
    let sqlite = Sqlite::open(directory.database()).await.unwrap();
    assert_eq!(sqlite.reads().one::<i64>("SELECT id FROM mine", ()).await.unwrap(), Some(7));
    assert_eq!(conn.query_row("PRAGMA application_id", (), |row| row.get::<_, i64>(0)).unwrap(), 0);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let directory = Directory::new();
    std::fs::write(directory.database(), "Dear diary, today I was mistaken for a database. ".repeat(100)).unwrap();
    let error = Sqlite::open(directory.database()).await.unwrap_err();
    assert!(matches!(error, OpenError::NoDatabase { .. }), "{error:?}");
    assert!(error.to_string().contains("test.db") && error.to_string().contains("restore a backup"), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn a_damaged_database_is_refused() {
    let directory = Directory::new();
    drop(Sqlite::open(directory.database()).await.unwrap());
    // The first page after its header is the list of tables.
    let conn = Connection::open(directory.database()).unwrap();
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(())).unwrap();
    drop(conn);
    let mut bytes = std::fs::read(directory.database()).unwrap();
    bytes[100..4096].fill(0xa5);
    std::fs::write(directory.database(), bytes).unwrap();
    let error = Sqlite::open(directory.database()).await.unwrap_err();
    assert!(matches!(error, OpenError::NoDatabase { .. }), "{error:?}");
}

#[tokio::test]
async fn a_file_of_another_application_is_refused_and_not_changed() {
    let directory = Directory::new();
    let conn = Connection::open(directory.database()).unwrap();
    conn.execute_batch("PRAGMA application_id = 252006675; CREATE TABLE fossil (id INTEGER)").unwrap();
    let error = Sqlite::open(directory.database()).await.unwrap_err();
    assert!(matches!(error, OpenError::OfAnother { found: 252_006_675, .. }), "{error:?}");
    assert!(error.to_string().contains("0x0f055113"), "{error}");
    assert_eq!(conn.query_row("PRAGMA journal_mode", (), |row| row.get::<_, String>(0)).unwrap(), "delete");
}

#[tokio::test]
async fn tables_of_a_newer_version_are_refused() {
    let directory = Directory::new();
    drop(Sqlite::open(directory.database()).await.unwrap());
    let conn = Connection::open(directory.database()).unwrap();
    conn.execute("UPDATE cq_meta SET value = 1000 WHERE key = 'schema_version'", ()).unwrap();
    let error = Sqlite::open(directory.database()).await.unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 1000, known: 1, .. }), "{error:?}");
    assert!(error.to_string().contains("start a newer version of the program"), "{error}");
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_told() {
    let directory = Directory::new();
    let error = Sqlite::open(directory.path().join("nowhere/test.db")).await.unwrap_err();
    assert!(matches!(error, OpenError::NoDirectory { .. }), "{error:?}");
    assert!(error.to_string().contains("nowhere/test.db"), "{error}");
    std::fs::write(directory.path().join("file"), "").unwrap();
    let error = Sqlite::open(directory.path().join("file/test.db")).await.unwrap_err();
    assert!(matches!(error, OpenError::NoDirectory { .. }), "{error:?}");
}

#[tokio::test]
async fn what_is_no_path_of_a_file_is_told() {
    let directory = Directory::new();
    for path in [":memory:".into(), "".into(), "/".into(), directory.path().to_owned()] {
        let error = Sqlite::open(path).await.unwrap_err();
        assert!(matches!(error, OpenError::NoFile { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_link_is_opened_where_it_leads() {
    let (there, here) = (Directory::new(), Directory::new());
    let first = Sqlite::open(there.database()).await.unwrap();
    std::os::unix::fs::symlink(there.database(), here.database()).unwrap();
    let linked = Sqlite::open(here.database()).await.unwrap();
    assert_eq!((linked.id(), linked.path()), (first.id(), first.path()));
}

#[tokio::test]
async fn a_lock_is_waited_for_as_long_as_told() {
    let directory = Directory::new();
    let conn = Connection::open(directory.database()).unwrap();
    conn.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER); BEGIN IMMEDIATE").unwrap();
    let wait = Duration::from_millis(100);
    let start = Instant::now();
    let error = Sqlite::options(directory.database()).lock_wait(wait).open().await.unwrap_err();
    assert!(start.elapsed() >= wait && start.elapsed() < wait * 20, "{:?}", start.elapsed());
    assert!(matches!(error, OpenError::Locked { waited, .. } if waited == wait), "{error:?}");
    assert!(error.to_string().contains("100ms") && error.to_string().contains("`lock_wait`"), "{error}");

    let opening = tokio::spawn(Sqlite::options(directory.database()).lock_wait(Duration::from_secs(30)).open());
    tokio::time::sleep(Duration::from_millis(50)).await;
    conn.execute_batch("COMMIT").unwrap();
    opening.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_lock_is_not_needed_where_there_is_nothing_to_do() {
    let directory = Directory::new();
    let migrations = [("t", "CREATE TABLE t (id INTEGER)")];
    drop(Sqlite::options(directory.database()).migrations(migrations).open().await.unwrap());
    let conn = Connection::open(directory.database()).unwrap();
    conn.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = Instant::now();
    Sqlite::options(directory.database()).migrations(migrations).open().await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_open_a_new_file_at_once() {
    let directory = Directory::new();
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let migrations = [("t", "CREATE TABLE t (id INTEGER)"), ("u", "CREATE TABLE u (id INTEGER)")];
            tokio::spawn(Sqlite::options(directory.database()).migrations(migrations).open())
        })
        .collect();
    let mut ids = Vec::new();
    for task in opening {
        ids.push(task.await.unwrap().unwrap().id().to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

/// Runs one test of this binary again, in a process whose user may not do everything: where the tests run as root,
/// no permission of a file counts.
fn as_nobody(test: &str, variable: &str, value: &Path) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let binary = directory.path().join("tests");
    // By another process: a file that this one has open to write cannot be run by what it starts meanwhile.
    let copied = Command::new("cp").arg(std::env::current_exe().unwrap()).arg(&binary).status().unwrap();
    assert!(copied.success());
    permit(directory.path(), 0o755);
    permit(&binary, 0o755);
    let mut command = Command::new(&binary);
    command.args(["--exact", test, "--nocapture"]).env(variable, value).current_dir("/");
    if is_root() {
        const NOBODY: u32 = 65534;
        command.uid(NOBODY).gid(NOBODY);
    }
    command.output().unwrap()
}

fn is_root() -> bool {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().metadata().unwrap().uid() == 0
}

/// Sets what everybody may do with a file or a directory.
fn permit(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// Opens the database that the variable names, as a user who may not write it.
async fn is_read_only(test: &str, path: &Path) {
    const VARIABLE: &str = "CQRS_SQLITE_READ_ONLY";
    if let Some(path) = std::env::var_os(VARIABLE) {
        let error = Sqlite::options(PathBuf::from(path)).open().await.unwrap_err();
        assert!(matches!(error, OpenError::ReadOnly { .. }), "{error:?}");
        assert!(error.to_string().contains("must be allowed to write"), "{error}");
        println!("it was refused");
        return;
    }
    let output = as_nobody(test, VARIABLE, path);
    assert!(
        output.status.success() && String::from_utf8_lossy(&output.stdout).contains("it was refused"),
        "{output:?}"
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_refused() {
    let directory = Directory::new();
    drop(Sqlite::open(directory.database()).await.unwrap());
    permit(directory.path(), 0o777);
    permit(&directory.database(), 0o444);
    is_read_only("a_file_that_cannot_be_written_is_refused", &directory.database()).await;
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_refused() {
    let directory = Directory::new();
    permit(directory.path(), 0o555);
    is_read_only("a_directory_that_cannot_be_written_is_refused", &directory.database()).await;
}

#[tokio::test]
async fn a_file_in_a_directory_that_cannot_be_written_is_refused() {
    let directory = Directory::new();
    drop(Connection::open(directory.database()).unwrap().execute_batch("CREATE TABLE t (id INTEGER)"));
    permit(&directory.database(), 0o666);
    permit(directory.path(), 0o555);
    is_read_only("a_file_in_a_directory_that_cannot_be_written_is_refused", &directory.database()).await;
}
