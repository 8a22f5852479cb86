//! The writer as its callers see it: a rig, and what is tried on it.

#[cfg(feature = "fail-points")]
mod crashes;
#[cfg(target_os = "linux")]
mod disks;
mod groups;
mod guards;
mod losses;
mod sessions;
mod waiting;

use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use cqrs_core::{Effect, Fault, FaultKind};
use rusqlite::Connection;

use super::{JobResult, Session, Wait, Writer, WriterOptions, Writing};
use crate::faults::fault_of;

/// What code of a handler's does on the writing connection.
impl Writer {
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        wait: Wait,
        mut job: impl FnMut(&Connection) -> JobResult<T> + Send + 'static,
    ) -> JobResult<T> {
        self.submit(wait, move |own| foreign(own, &mut job)).await
    }
}

impl Session {
    pub(crate) async fn run<T: Send + 'static>(
        &mut self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> JobResult<T> {
        self.submit(move |own| own.foreign(run)).await
    }
}

/// What returns a fault of its own, as SQL of somebody else's.
fn foreign<T>(own: &Writing<'_>, job: impl FnOnce(&Connection) -> JobResult<T>) -> JobResult<T> {
    own.foreign(|conn| Ok(job(conn))).unwrap()
}

/// A database with a table `t`, its writer, and a connection that looks at it from outside.
struct Rig {
    writer: Writer,
    outside: Connection,
    path: PathBuf,
    _directory: tempfile::TempDir,
}

fn rig(options: WriterOptions) -> Rig {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT")
        .unwrap();
    let outside = Connection::open(&path).unwrap();
    Rig { writer: Writer::spawn(conn, &path, options).unwrap(), outside, path, _directory: directory }
}

/// Takes into a group all that waits, however long it takes.
fn patient() -> WriterOptions {
    WriterOptions { group_time: Duration::from_secs(60), ..WriterOptions::default() }
}

impl Rig {
    /// What is committed.
    fn names(&self) -> Vec<String> {
        let mut statement = self.outside.prepare("SELECT name FROM t ORDER BY id").unwrap();
        statement.query_map((), |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// Keeps the writer's thread busy with a job of its own, until told to go on: what is written meanwhile shares
    /// the transaction after it.
    async fn plug(&self) -> Plug {
        let (go_on, told) = mpsc::channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (writer, mut begun) = (self.writer.clone(), Some(begun));
        let task = tokio::spawn(async move {
            let plugged = writer.write(Wait::default(), move |_| {
                if let Some(begun) = begun.take() {
                    begun.send(()).unwrap();
                }
                // Ends when the sender is dropped, too.
                told.recv().unwrap_err();
                Ok(())
            });
            drop(plugged.await);
        });
        has_begun.await.unwrap();
        Plug { _go_on: go_on, _task: task }
    }

    /// Waits until so many writes are in the queue.
    async fn queued(&self, count: usize) {
        let start = Instant::now();
        while self.writer.metrics().queued != count {
            assert!(start.elapsed() < Duration::from_secs(10), "{:?}", self.writer.metrics());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Begins a write and waits until it is in the queue, behind what was there.
    async fn enqueue<T: Send + 'static>(
        &self,
        job: impl FnMut(&Connection) -> JobResult<T> + Send + 'static,
    ) -> tokio::task::JoinHandle<JobResult<T>> {
        let (writer, before) = (self.writer.clone(), self.writer.metrics().queued);
        let task = tokio::spawn(async move { writer.write(Wait::default(), job).await });
        self.queued(before + 1).await;
        task
    }

    async fn session(&self) -> Session {
        self.writer.session(Wait::default(), "rename").await.unwrap()
    }

    /// The writer serves whoever comes next.
    async fn assert_serves(&self) {
        let start = Instant::now();
        self.writer.write(Wait::default(), |_| Ok(())).await.unwrap();
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    }
}

/// A job that holds the thread until this is dropped.
struct Plug {
    _go_on: mpsc::Sender<()>,
    _task: tokio::task::JoinHandle<()>,
}

/// Inserts a name, and gives its id.
fn insert(name: &str) -> impl FnMut(&Connection) -> JobResult<i64> + Send + 'static {
    let name = name.to_owned();
    move |conn| {
        conn.execute("INSERT INTO t (name) VALUES (?)", (&name,)).map_err(|error| fault_of(error, "an insert"))?;
        Ok(conn.last_insert_rowid())
    }
}

/// A statement that inserts names for ever, as far as its interruption is concerned.
const FOREVER: &str = "
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)
    INSERT INTO t (name) SELECT 'forever ' || i FROM n WHERE i % 1000000 = 0";

fn forever(conn: &Connection) -> JobResult<usize> {
    conn.execute(FOREVER, ()).map_err(|error| fault_of(error, "a long write"))
}

/// A fault of this kind, which left nothing.
#[track_caller]
fn assert_nothing(fault: &Fault, kind: FaultKind) {
    assert_eq!((fault.kind(), fault.effect()), (kind, Effect::Nothing), "{fault:?}");
}
