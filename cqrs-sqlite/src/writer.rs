//! The one writer of a database: the handle of its thread.

mod group;
mod job;
mod metrics;
mod recovery;
mod session;
#[cfg(test)]
mod tests;
mod writing;

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cqrs_core::Fault;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use self::group::{Command, SessionRequest, WriterThread};
use self::job::Work;
use self::metrics::Counters;
use crate::guarded::Guarded;
use crate::paused;

pub(crate) use self::job::JobResult;
pub use self::metrics::WriterMetrics;
pub(crate) use self::session::{Ended, Session};
pub(crate) use self::writing::Writing;

/// Hands writes to the thread that owns the writing connection.
///
/// A clone is another handle of the same thread, which ends with the last one, after what is in the queue.
#[derive(Clone)]
pub(crate) struct Writer(Arc<Inner>);

struct Inner {
    commands: mpsc::Sender<Command>,
    options: WriterOptions,
    path: Arc<Path>,
    counters: Arc<Counters>,
    commits: watch::Receiver<u64>,
}

/// How a writer works.
#[derive(Debug, Clone)]
pub(crate) struct WriterOptions {
    /// How many writes wait at most.
    pub(crate) queue: usize,
    /// How many writes share one transaction at most.
    pub(crate) group: usize,
    /// After what time a transaction takes no more writes.
    pub(crate) group_time: Duration,
    /// How long one interactive transaction may hold the writer, and one statement run.
    pub(crate) hold_limit: Duration,
    /// How long the thread waits for another process's transaction.
    pub(crate) lock_wait: Duration,
    /// How many pages of the write-ahead log are left before it is written back.
    pub(crate) checkpoint_pages: i64,
    /// How long a caller waits for room in the queue, or for the writer, if it has no deadline.
    pub(crate) wait: Duration,
}

impl Default for WriterOptions {
    fn default() -> Self {
        WriterOptions {
            queue: 1024,
            group: 1024,
            group_time: Duration::from_millis(10),
            hold_limit: Duration::from_secs(2),
            lock_wait: Duration::from_secs(5),
            checkpoint_pages: 1000,
            wait: Duration::from_secs(5),
        }
    }
}

/// How long a caller waits for its turn: until its deadline, or as long as the writer's options say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wait(Option<Instant>);

impl Wait {
    /// This long; a time too long for the clock is none that anybody lives to see.
    pub(crate) fn within(limit: Duration) -> Self {
        const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365);
        Wait(Some(Instant::now() + limit.min(FAR)))
    }

    fn limit(self, default: Duration) -> Duration {
        self.0.map_or(default, |until| until.saturating_duration_since(Instant::now()))
    }
}

impl Writer {
    /// Starts the thread.
    ///
    /// # Errors
    /// What SQLite says of the connection's settings, or the system of another thread.
    pub(crate) fn spawn(conn: Connection, path: &Path, options: WriterOptions) -> Result<Writer, SpawnError> {
        let path: Arc<Path> = path.into();
        let (commands, queue) = mpsc::channel(options.queue.max(1));
        let (committed, commits) = watch::channel(0);
        let counters = Arc::new(Counters::default());
        let conn = Guarded::new(conn)?;
        group::prepare(&conn)?;
        let run = {
            let (options, path, counters) = (options.clone(), path.clone(), counters.clone());
            move || {
                let conn = Writing::on(&conn);
                WriterThread { conn, queue, options, path, counters, committed, pages_left: 0 }.run();
            }
        };
        std::thread::Builder::new().name("cqrs-sqlite writer".to_owned()).spawn(run)?;
        Ok(Writer(Arc::new(Inner { commands, options, path, counters, commits })))
    }

    /// The buffered path: runs the job in a savepoint of the next transaction, and resolves after that transaction's
    /// commit.
    ///
    /// The job runs again, alone, if the transaction that it shared was lost. A caller that goes away before the job
    /// has begun withdraws it; after that it is committed or not as if the caller were there.
    ///
    /// # Errors
    /// The job's own fault; or unavailable, where there was no room in the queue, another process held the lock, or
    /// the disk is full; then nothing happened. Or an unknown outcome, where the disk failed in the commit.
    pub(crate) async fn submit<T: Send + 'static>(
        &self,
        wait: Wait,
        job: impl FnMut(&Writing<'_>) -> JobResult<T> + Send + 'static,
    ) -> JobResult<T> {
        let (job, answer) = Work::job(job);
        self.send(wait.limit(self.0.options.wait), Command::Job(job)).await?;
        match paused::hold(answer).await {
            Ok(answer) => answer,
            Err(_) => Err(self.lost()),
        }
    }

    /// The interactive path: waits for the writer, and holds it until the session ends. `who` is named where it holds
    /// it for too long.
    ///
    /// # Errors
    /// Unavailable, where the writer was not free in time; nothing happened.
    pub(crate) async fn session(&self, wait: Wait, who: impl Into<Cow<'static, str>>) -> JobResult<Session> {
        let (who, limit) = (who.into(), wait.limit(self.0.options.wait));
        let start = Instant::now();
        let (grant, granted) = oneshot::channel();
        self.send(limit, Command::Session(SessionRequest { who: who.clone(), grant })).await?;
        match paused::within(limit.saturating_sub(start.elapsed()), granted).await {
            Some(Ok(session)) => session,
            Some(Err(_)) => Err(self.lost()),
            None => Err(Fault::unavailable(format!(
                "the writer of `{}` was not free for `{who}` within {limit:?}, {} writes wait: give the call more \
                 time, or hold the writer for less",
                self.0.path.display(),
                self.queued(),
            ))),
        }
    }

    /// What the writer has done so far.
    pub(crate) fn metrics(&self) -> WriterMetrics {
        self.0.counters.snapshot(self.queued())
    }

    /// Counts the commits of this writer, for those who wait for the next.
    pub(crate) fn commits(&self) -> watch::Receiver<u64> {
        self.0.commits.clone()
    }

    async fn send(&self, limit: Duration, command: Command) -> JobResult<()> {
        let commands = &self.0.commands;
        let command = match commands.try_send(command) {
            Ok(()) => return Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(self.ended()),
            Err(mpsc::error::TrySendError::Full(command)) => command,
        };
        match paused::within(limit, commands.reserve()).await {
            Some(Ok(room)) => room.send(command),
            Some(Err(_)) => return Err(self.ended()),
            None => {
                return Err(Fault::unavailable(format!(
                    "{} writes wait for the writer of `{}`, and there was no room for another within {limit:?}: send \
                     fewer at once, or raise `queue`",
                    self.queued(),
                    self.0.path.display(),
                )));
            }
        }
        Ok(())
    }

    fn queued(&self) -> usize {
        self.0.commands.max_capacity() - self.0.commands.capacity()
    }

    /// The fault of a caller whose write never began.
    fn ended(&self) -> Fault {
        Fault::unavailable(format!("the writer of `{}` has ended: open the database again", self.0.path.display()))
    }

    /// The fault of a caller whose write may have begun.
    fn lost(&self) -> Fault {
        Fault::outcome_unknown(format!("the writer of `{}` ended during a write", self.0.path.display()))
    }
}

/// Why a writer could not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpawnError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Thread(#[from] std::io::Error),
}
