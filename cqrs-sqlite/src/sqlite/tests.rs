//! That every option does what it says, and how commits are told.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use cqrs_core::{Fault, FaultKind};
use rusqlite::Connection;
use tokio::time::timeout;

use super::Sqlite;
use crate::options::{Options, Synchronous};
use crate::writer::Wait;

struct Rig {
    sqlite: Sqlite,
    _directory: tempfile::TempDir,
}

async fn rig(options: impl FnOnce(Options) -> Options) -> Rig {
    let directory = tempfile::tempdir().unwrap();
    let plain = Sqlite::options(directory.path().join("test.db"))
        .migrations([("t", "CREATE TABLE t (id INTEGER PRIMARY KEY) STRICT")]);
    Rig { sqlite: options(plain).open().await.unwrap(), _directory: directory }
}

impl Rig {
    async fn insert(&self) -> Result<usize, Fault> {
        let job = |conn: &Connection| Ok(conn.execute("INSERT INTO t DEFAULT VALUES", ()).unwrap());
        self.sqlite.writer().write(Wait::default(), job).await
    }

    /// Keeps the writer's thread busy until the sender is dropped.
    async fn plug(&self) -> mpsc::Sender<()> {
        let (go_on, told) = mpsc::channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (sqlite, mut begun) = (self.sqlite.clone(), Some(begun));
        tokio::spawn(async move {
            let plugged = move |_: &Connection| {
                begun.take().map_or(Ok(()), |begun| begun.send(())).unwrap();
                told.recv().unwrap_err();
                Ok(())
            };
            sqlite.writer().write(Wait::default(), plugged).await
        });
        has_begun.await.unwrap();
        go_on
    }

    /// Begins writes and waits until they are in the queue.
    async fn enqueue(&self, count: usize) {
        for queued in 1..=count {
            let sqlite = self.sqlite.clone();
            tokio::spawn(async move { sqlite.writer().write(Wait::default(), |_| Ok(())).await });
            while self.sqlite.metrics().queued < queued {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }

    async fn pragma(&self, name: &'static str) -> i64 {
        let job = move |conn: &Connection| Ok(conn.query_row(&format!("PRAGMA {name}"), (), |row| row.get(0)).unwrap());
        self.sqlite.writer().write(Wait::default(), job).await.unwrap()
    }

    fn outside(&self) -> Connection {
        Connection::open(self.sqlite.path()).unwrap()
    }
}

#[tokio::test]
async fn commits_are_on_the_disk_before_their_answer_unless_told_otherwise() {
    assert_eq!(rig(|options| options).await.pragma("synchronous").await, 2);
    assert_eq!(rig(|options| options.synchronous(Synchronous::Full)).await.pragma("synchronous").await, 2);
    assert_eq!(rig(|options| options.synchronous(Synchronous::Normal)).await.pragma("synchronous").await, 1);
}

#[tokio::test]
async fn references_are_enforced_and_checkpoints_are_the_writers_own() {
    let rig = rig(|options| options).await;
    assert_eq!(rig.pragma("foreign_keys").await, 1);
    assert_eq!(rig.pragma("wal_autocheckpoint").await, 0);
    assert_eq!(rig.pragma("journal_size_limit").await, 64 * 1024 * 1024);
}

#[tokio::test]
async fn the_queue_is_as_long_as_told_and_waited_for_as_long() {
    let rig = rig(|options| options.queue(3).wait(Duration::from_millis(20))).await;
    let plug = rig.plug().await;
    rig.enqueue(3).await;
    let fault = rig.insert().await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Unavailable);
    assert!(fault.detail().starts_with("3 writes wait") && fault.detail().contains("within 20ms"), "{fault}");
    drop(plug);
}

#[tokio::test]
async fn a_group_is_as_large_as_told() {
    let rig = rig(|options| options.group(2).group_time(Duration::from_secs(60))).await;
    let plug = rig.plug().await;
    rig.enqueue(5).await;
    drop(plug);
    rig.insert().await.unwrap();
    let metrics = rig.sqlite.metrics();
    assert_eq!((metrics.committed, metrics.largest_group), (7, 2), "{metrics:?}");
}

#[tokio::test]
async fn a_group_takes_as_long_as_told() {
    let rig = rig(|options| options.group_time(Duration::ZERO)).await;
    let plug = rig.plug().await;
    rig.enqueue(3).await;
    drop(plug);
    rig.insert().await.unwrap();
    assert_eq!(rig.sqlite.metrics().largest_group, 1);
}

#[tokio::test]
async fn the_writer_is_held_as_long_as_told() {
    let rig = rig(|options| options.hold_limit(Duration::from_millis(30))).await;
    let mut session = rig.sqlite.writer().session(Wait::default(), "test").await.unwrap();
    rig.insert().await.unwrap();
    let fault = session.run(|_| Ok(())).await.unwrap_err();
    assert!(fault.detail().contains("30ms"), "{fault}");
}

#[tokio::test]
async fn another_lock_is_waited_for_as_long_as_told() {
    let rig = rig(|options| options.lock_wait(Duration::from_millis(30))).await;
    let outside = rig.outside();
    outside.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = Instant::now();
    assert!(rig.insert().await.unwrap_err().detail().contains("30ms"));
    assert!((30..2000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
}

#[tokio::test]
async fn the_log_is_written_back_at_the_length_that_was_told() {
    let short = rig(|options| options.checkpoint_pages(1)).await;
    let long = rig(|options| options).await;
    for rig in [&short, &long] {
        for _ in 0..10 {
            rig.insert().await.unwrap();
        }
    }
    assert!(short.sqlite.metrics().checkpoints >= 5, "{:?}", short.sqlite.metrics());
    assert_eq!(long.sqlite.metrics().checkpoints, 0);
}

#[tokio::test]
async fn a_commit_of_this_process_is_told_at_once() {
    let rig = rig(|options| options.poll_interval(Duration::from_secs(60))).await;
    let mut changes = rig.sqlite.changes();
    assert!(timeout(Duration::from_millis(20), changes.changed()).await.is_err());
    rig.insert().await.unwrap();
    timeout(Duration::from_secs(5), changes.changed()).await.unwrap();
    assert!(timeout(Duration::from_millis(20), changes.changed()).await.is_err());
}

#[tokio::test]
async fn a_commit_of_another_process_is_told_to_all_after_the_interval() {
    let rig = rig(|options| options.poll_interval(Duration::from_millis(20))).await;
    let (mut one, mut two) = (rig.sqlite.changes(), rig.sqlite.changes());
    let (one, two) =
        (tokio::spawn(async move { one.changed().await }), tokio::spawn(async move { two.changed().await }));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!one.is_finished() && !two.is_finished());
    rig.outside().execute_batch("INSERT INTO t DEFAULT VALUES").unwrap();
    for task in [one, two] {
        timeout(Duration::from_secs(5), task).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn another_process_is_looked_for_as_seldom_as_told() {
    let rig = rig(|options| options.poll_interval(Duration::from_secs(60))).await;
    let mut changes = rig.sqlite.changes();
    rig.outside().execute_batch("INSERT INTO t DEFAULT VALUES").unwrap();
    assert!(timeout(Duration::from_millis(300), changes.changed()).await.is_err());
}

#[tokio::test]
async fn waiting_for_commits_outlives_the_database() {
    let rig = rig(|options| options.poll_interval(Duration::from_millis(5))).await;
    let mut changes = rig.sqlite.changes();
    drop(rig);
    assert!(timeout(Duration::from_millis(50), changes.changed()).await.is_err());
}
