//! Reading: what cannot be written, how long a read may take, and who gets its connection next.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use common::Directory;
use cqrs_core::{FaultKind, ReadOnly};
use cqrs_sqlite::rusqlite::{Connection, ErrorCode};
use cqrs_sqlite::{Options, ReadDb, Sqlite, sqlite_error};
use tokio::time::timeout;

/// Some seconds of work, where nothing interrupts it.
const LONG: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT max(i) FROM n";

async fn open(directory: &Directory, options: impl FnOnce(Options) -> Options) -> ReadDb {
    let users = "CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT) STRICT;
                 INSERT INTO user (name) VALUES ('Ada'), ('Bob'), (NULL)";
    let plain = Sqlite::options(directory.database()).migrations([("users", users)]);
    options(plain).open().await.unwrap().reads()
}

#[tokio::test]
async fn rows_are_read_as_what_is_asked_for() {
    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct User {
        id: u32,
        name: Option<String>,
    }
    let directory = Directory::new();
    let db = open(&directory, |options| options).await;
    let user: Option<User> = db.one("SELECT * FROM user WHERE name = ?", ("Ada",)).await.unwrap();
    assert_eq!(user, Some(User { id: 1, name: Some("Ada".into()) }));
    assert_eq!(db.one::<User>("SELECT * FROM user WHERE id = ?", (9,)).await.unwrap(), None);
    let all: Vec<(i64, Option<String>)> = db.all("SELECT * FROM user WHERE id > ? ORDER BY id", [1]).await.unwrap();
    assert_eq!(all, [(2, Some("Bob".into())), (3, None)]);
    let sql = String::from("SELECT count(*) FROM user");
    assert_eq!(db.one::<i64>(&sql, ()).await.unwrap(), Some(3));
    let counted = db.run(|conn| conn.query_row("SELECT count(*) FROM user", (), |row| row.get::<_, i64>(0))).await;
    assert_eq!(counted.unwrap(), 3);
}

#[tokio::test]
async fn an_error_says_what_was_read() {
    let directory = Directory::new();
    let db = open(&directory, |options| options).await;
    let fault = db.one::<i64>("SELECT nam\n   FROM user", ()).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Internal);
    assert!(fault.detail().starts_with("the read `SELECT nam FROM user`: no such column: nam"), "{fault}");
    assert!(sqlite_error(&fault).is_some());
    let fault = db.all::<(i64, String)>("SELECT * FROM user", ()).await.unwrap_err();
    assert!(fault.detail().contains("column `name`: it holds NULL"), "{fault}");
    let long = format!("SELECT {}", "1 + ".repeat(100));
    assert!(db.one::<i64>(&long, ()).await.unwrap_err().detail().len() < 300);
}

#[tokio::test]
async fn nothing_can_be_written() {
    fn is_read_only<T: ReadOnly>(_: &T) {}
    let directory = Directory::new();
    let db = open(&directory, |options| options.readers(1)).await;
    is_read_only(&db);
    let insert = "INSERT INTO user (name) VALUES ('Eve') RETURNING id";
    let fault = db.one::<i64>(insert, ()).await.unwrap_err();
    assert_eq!(sqlite_error(&fault).unwrap().sqlite_error_code(), Some(ErrorCode::ReadOnly), "{fault:?}");
    for sql in [insert, "DROP TABLE user", "CREATE TEMP TABLE t (i)"] {
        let fault = db.run(move |conn| conn.execute_batch(sql)).await.unwrap_err();
        assert_eq!(sqlite_error(&fault).unwrap().sqlite_error_code(), Some(ErrorCode::ReadOnly), "{sql}: {fault:?}");
    }
    for sql in ["PRAGMA query_only = OFF", "COMMIT; PRAGMA QUERY_ONLY(0)"] {
        let fault = db.run(move |conn| conn.execute_batch(sql)).await.unwrap_err();
        let code = sqlite_error(&fault).unwrap().sqlite_error_code();
        assert_eq!(code, Some(ErrorCode::AuthorizationForStatementDenied), "{sql}: {fault:?}");
    }
    assert_eq!(db.one::<i64>("SELECT count(*) FROM user", ()).await.unwrap(), Some(3));
}

#[tokio::test]
async fn what_one_reads_with_is_not_changed_for_the_next() {
    let directory = Directory::new();
    let db = open(&directory, |options| options.readers(1)).await;
    for (sql, says) in [
        ("PRAGMA case_sensitive_like = ON", "`PRAGMA case_sensitive_like`"),
        ("PRAGMA query_only = OFF", "`PRAGMA query_only`"),
        ("ATTACH ':memory:' AS other", "`ATTACH`"),
        ("COMMIT", "`COMMIT`"),
    ] {
        let one = db.one::<i64>(sql, ()).await.unwrap_err();
        let run = db.run(move |conn| conn.execute_batch(sql)).await.unwrap_err();
        for fault in [one, run] {
            assert!(fault.detail().contains(says) && fault.detail().contains("was refused"), "{sql}: {fault}");
        }
    }
}

#[tokio::test]
async fn what_a_closure_reads_is_of_one_moment() {
    let directory = Directory::new();
    let db = open(&directory, |options| options.readers(1)).await;
    let other = Connection::open(directory.database()).unwrap();
    let count = |conn: &Connection| conn.query_row("SELECT count(*) FROM user", (), |row| row.get::<_, i64>(0));
    let (before, after) = db
        .run(move |conn| {
            let before = count(conn)?;
            other.execute_batch("DELETE FROM user")?;
            Ok((before, count(conn)?))
        })
        .await
        .unwrap();
    assert_eq!((before, after), (3, 3));
    // The same connection sees the next moment the next time.
    assert_eq!(db.run(count).await.unwrap(), 0);
    assert_eq!(db.one::<i64>("SELECT count(*) FROM user", ()).await.unwrap(), Some(0));
}

#[tokio::test]
async fn a_read_past_its_budget_goes_on_elsewhere() {
    let directory = Directory::new();
    let db = open(&directory, |options| options).await;
    // While it is read, this thread does other things.
    let ticked = Arc::new(AtomicBool::new(false));
    let ticks = tokio::spawn({
        let ticked = ticked.clone();
        async move { ticked.store(true, Ordering::SeqCst) }
    });
    assert_eq!(db.one::<i64>(LONG, (300_000,)).await.unwrap(), Some(300_000));
    assert!(ticked.load(Ordering::SeqCst));
    ticks.await.unwrap();
}

/// The thread that reads it.
struct ReadBy(ThreadId);

impl<'de> serde::Deserialize<'de> for ReadBy {
    fn deserialize<D: serde::Deserializer<'de>>(row: D) -> Result<Self, D::Error> {
        i64::deserialize(row).map(|_| ReadBy(std::thread::current().id()))
    }
}

#[tokio::test]
async fn the_budget_is_as_long_as_told() {
    let (usual, long, none) = (Directory::new(), Directory::new(), Directory::new());
    let here = std::thread::current().id();
    let by = async |db: ReadDb, count: i64| db.one::<ReadBy>(LONG, (count,)).await.unwrap().unwrap().0;
    // Some milliseconds.
    assert_ne!(by(open(&usual, |options| options).await, 300_000).await, here);
    let long = open(&long, |options| options.read_budget(Duration::from_secs(60))).await;
    assert_eq!(by(long, 300_000).await, here);
    let none = open(&none, |options| options.read_budget(Duration::ZERO)).await;
    assert_ne!(by(none, 1).await, here);
}

#[tokio::test]
async fn as_many_read_at_once_as_told() {
    let directory = Directory::new();
    let db = open(&directory, |options| options.readers(2)).await;
    let (go_on, told) = std::sync::mpsc::channel::<()>();
    let told = Arc::new(std::sync::Mutex::new(told));
    let held: Vec<_> = (0..2)
        .map(|_| {
            let (db, told) = (db.clone(), told.clone());
            tokio::spawn(async move { db.run(move |_| Ok(told.lock().unwrap().recv().is_ok())).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(timeout(Duration::from_millis(50), db.one::<i64>("SELECT 1", ())).await.is_err());
    go_on.send(()).unwrap();
    assert_eq!(timeout(Duration::from_secs(5), db.one::<i64>("SELECT 1", ())).await.unwrap().unwrap(), Some(1));
    go_on.send(()).unwrap();
    for task in held {
        task.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn who_comes_first_reads_first() {
    let directory = Directory::new();
    let db = open(&directory, |options| options.readers(1)).await;
    let (go_on, told) = std::sync::mpsc::channel::<()>();
    let held = tokio::spawn({
        let db = db.clone();
        async move { db.run(move |_| Ok(told.recv().is_ok())).await }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut waiting = Vec::new();
    for place in 0..10 {
        let (db, order) = (db.clone(), order.clone());
        waiting.push(tokio::spawn(async move {
            db.one::<i64>("SELECT 1", ()).await.unwrap();
            order.lock().unwrap().push(place);
        }));
        tokio::task::yield_now().await;
    }
    go_on.send(()).unwrap();
    held.await.unwrap().unwrap();
    for task in waiting {
        task.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), (0..10).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_read_that_nobody_waits_for_is_interrupted_and_gives_its_connection_back() {
    let directory = Directory::new();
    let db = open(&directory, |options| options.readers(1)).await;
    for _ in 0..5 {
        let start = Instant::now();
        let read = db.one::<i64>(LONG, (1_000_000_000,));
        assert!(timeout(Duration::from_millis(20), read).await.is_err());
        assert_eq!(timeout(Duration::from_secs(5), db.one::<i64>("SELECT 1", ())).await.unwrap().unwrap(), Some(1));
        let read = db.run(|conn| conn.query_row(LONG, (1_000_000_000,), |row| row.get::<_, i64>(0)));
        assert!(timeout(Duration::from_millis(20), read).await.is_err());
        assert_eq!(timeout(Duration::from_secs(5), db.one::<i64>("SELECT 1", ())).await.unwrap().unwrap(), Some(1));
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    }
}

#[tokio::test]
async fn a_read_dropped_at_any_poll_gives_its_connection_back() {
    let directory = Directory::new();
    let db = open(&directory, |options| options.readers(1)).await;
    for polls in 0..4 {
        let mut read = Box::pin(db.one::<i64>(LONG, (100_000,)));
        for _ in 0..polls {
            if read.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                break;
            }
        }
        drop(read);
        assert_eq!(timeout(Duration::from_secs(5), db.one::<i64>("SELECT 1", ())).await.unwrap().unwrap(), Some(1));
    }
}

#[tokio::test]
async fn a_panic_gives_the_connection_back() {
    #[derive(Debug)]
    struct Panics;
    impl<'de> serde::Deserialize<'de> for Panics {
        fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            panic!("no such value")
        }
    }
    let directory = Directory::new();
    let db = open(&directory, |options| options.readers(1)).await;
    let fault = db.run(|_| if true { panic!("out of {}", "ink") } else { Ok(()) }).await.unwrap_err();
    assert_eq!((fault.kind(), fault.detail()), (FaultKind::Panic, "a read panicked: out of ink"));
    // On this thread it is the caller's own.
    let panicking = db.clone();
    let task = tokio::spawn(async move { panicking.one::<Panics>("SELECT 1", ()).await });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(timeout(Duration::from_secs(5), db.one::<i64>("SELECT 1", ())).await.unwrap().unwrap(), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_around_a_read_does_not_fire_early_under_a_paused_clock() {
    let directory = Directory::new();
    let db = open(&directory, |options| options).await;
    let read = db.one::<i64>(LONG, (300_000,));
    assert_eq!(timeout(Duration::from_millis(1), read).await.unwrap().unwrap(), Some(300_000));
}

#[tokio::test]
async fn reading_keeps_the_database_open() {
    let directory = Directory::new();
    // The handle of the database itself is gone.
    let db = open(&directory, |options| options).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(directory.path().join("test.db-wal").exists());
    drop(db);
    let start = Instant::now();
    while directory.path().join("test.db-wal").exists() {
        assert!(start.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a_read_sees_what_was_committed_before() {
    let directory = Directory::new();
    let db = open(&directory, |options| options).await;
    let other = Connection::open(directory.database()).unwrap();
    for count in (0..3).rev() {
        other.execute("DELETE FROM user WHERE id = (SELECT max(id) FROM user)", ()).unwrap();
        assert_eq!(db.one::<i64>("SELECT count(*) FROM user", ()).await.unwrap(), Some(count));
    }
}
