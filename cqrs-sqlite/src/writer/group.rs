//! The writer's thread: transactions that several writes share.
//!
//! A transaction begins with the first write that comes, takes in what is already in the queue, each in a savepoint of
//! its own, and commits. No answer leaves before that commit, nor does a rejection: it may rest on rows of an earlier
//! write of the group. What becomes of a group that is lost is in `recovery`.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, OnceLock, mpsc as calls};
use std::time::{Duration, Instant};

use cqrs_core::Fault;
use tokio::sync::{mpsc, oneshot, watch};

use crate::fail_points;
use crate::faults::{fault_of, fault_of_shared, is_busy, lost_sight_of};
use crate::guarded::{Guarded, Transaction};
use crate::writer::WriterOptions;
use crate::writer::job::{Job, JobResult, Ran};
use crate::writer::metrics::Counters;
use crate::writer::session::{Call, Ended, Session, quoted, too_late};
use crate::writer::writing::Writing;

const SAVEPOINT: &str = "SAVEPOINT cq_job";
const RELEASE: &str = "RELEASE cq_job";

/// What comes over the queue.
pub(crate) enum Command {
    Job(Box<dyn Job>),
    Session(SessionRequest),
}

/// Who wants to hold the writer.
pub(crate) struct SessionRequest {
    pub(crate) who: Cow<'static, str>,
    pub(crate) grant: oneshot::Sender<JobResult<Session>>,
}

/// All that the thread owns.
pub(crate) struct WriterThread<'c> {
    pub(crate) conn: Writing<'c>,
    pub(crate) queue: mpsc::Receiver<Command>,
    pub(crate) options: WriterOptions,
    pub(crate) path: Arc<Path>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) committed: watch::Sender<u64>,
    /// Pages of the write-ahead log that the last checkpoint could not write back, since somebody reads them.
    pub(crate) pages_left: i64,
}

/// A write of the group, with what it found.
pub(super) struct Member {
    pub(super) job: Box<dyn Job>,
    /// Whether the group's commit keeps anything of it.
    pub(super) done: bool,
    pub(super) on_loss: OnLoss,
}

/// What becomes of a write when the transaction is lost.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum OnLoss {
    /// It runs again, alone: what it found rested on what is lost.
    RunAgain,
    /// Its caller, who took part in it, is told to try again.
    TryAgain,
    /// It answers with the fault it has.
    Answer,
}

/// What is left of the transaction after a write.
pub(super) struct Step {
    pub(super) member: Option<Member>,
    /// Whether the whole transaction is gone.
    pub(super) lost: bool,
}

/// Sets what the thread does itself.
pub(super) fn prepare(conn: &Guarded) -> rusqlite::Result<()> {
    // The waits for another process are in `begin`, and the checkpoints after the answers.
    conn.own().busy_timeout(Duration::ZERO)?;
    conn.own().pragma_update(None, "wal_autocheckpoint", 0)
}

impl WriterThread<'_> {
    /// Serves what comes, until the last handle is gone.
    pub(crate) fn run(mut self) {
        while let Some(first) = self.queue.blocking_recv() {
            // Every closure's panic is caught where it runs: this one would be the framework's own.
            let group = catch_unwind(AssertUnwindSafe(|| self.group(first)));
            if group.is_err() {
                tracing::error!(path = %self.path.display(), "the writer panicked, and goes on: please report it");
                self.roll_back();
            }
        }
    }

    fn group(&mut self, first: Command) {
        if let Err(error) = self.begin() {
            return self.not_begun(first, error);
        }
        let start = Instant::now();
        let mut members = Vec::new();
        let mut next = Some(first);
        while let Some(command) = next {
            let Step { member, lost } = match command {
                Command::Job(job) => self.job(job),
                Command::Session(request) => self.session(request),
            };
            members.extend(member);
            if lost {
                return self.recover(members, None);
            }
            let full = members.len() >= self.options.group || start.elapsed() >= self.options.group_time;
            next = if full { None } else { self.queue.try_recv().ok() };
        }
        self.end(members);
        self.checkpoint();
    }

    /// Takes the write lock, which another process may have.
    pub(super) fn begin(&self) -> rusqlite::Result<()> {
        // Of one that could not be rolled back when its disk failed.
        self.roll_back();
        let until = Instant::now() + self.options.lock_wait;
        let mut pause = Duration::from_micros(200);
        fail_points::hit("begin.before");
        loop {
            match self.conn.execute("BEGIN IMMEDIATE") {
                Err(error) if is_busy(&error) && Instant::now() < until => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(10));
                }
                result => {
                    if result.is_ok() {
                        self.conn.begun();
                    }
                    fail_points::hit("begin.after");
                    return result;
                }
            }
        }
    }

    /// Answers who waits for a transaction that could not begin.
    fn not_begun(&mut self, first: Command, error: rusqlite::Error) {
        // Who waits behind the first would wait as long again, for the same lock.
        let behind = if is_busy(&error) { self.queue.len() } else { 0 };
        let error = Arc::new(error);
        let mut next = Some(first);
        for _ in 0..=behind {
            let Some(command) = next.take().or_else(|| self.queue.try_recv().ok()) else { break };
            let fault = self.begin_fault(&error);
            self.counters.rolled_back(1);
            match command {
                Command::Job(mut job) => {
                    job.refuse(fault);
                    job.answer();
                }
                // Who is gone needs no answer.
                Command::Session(request) => drop(request.grant.send(Err(fault))),
            }
        }
    }

    /// Runs a job in a savepoint of its own.
    pub(super) fn job(&mut self, mut job: Box<dyn Job>) -> Step {
        fail_points::hit("job.before");
        if !job.is_wanted() {
            self.counters.rolled_back(1);
            return Step { member: None, lost: false };
        }
        if let Err(error) = self.conn.execute(SAVEPOINT) {
            return self.no_savepoint(job, error);
        }
        let limit = self.options.hold_limit;
        let ran = job.run(&self.conn, Instant::now() + limit);
        if ran == Ran::Late {
            job.refuse(too_late("a statement of a write ran", limit));
        }
        fail_points::hit("job.after");
        self.settle(job, ran, OnLoss::RunAgain)
    }

    /// Keeps what a job did, or rolls it back.
    fn settle(&mut self, mut job: Box<dyn Job>, ran: Ran, on_loss: OnLoss) -> Step {
        let transaction = self.conn.transaction();
        if transaction != Transaction::Open {
            match transaction {
                Transaction::Unknown => job.refuse(lost_sight_of()),
                // Its own error of SQLite says more; what it found besides may rest on what is lost.
                _ if matches!(ran, Ran::Done | Ran::Refused) => job.refuse(Ended::Lost.fault("a write")),
                _ => {}
            }
            return Step { member: Some(Member { job, done: false, on_loss: OnLoss::Answer }), lost: true };
        }
        let done = ran == Ran::Done;
        fail_points::hit("release.before");
        let settled = if done { self.conn.execute(RELEASE) } else { self.undo() };
        fail_points::hit("release.after");
        if let Err(error) = settled {
            return self.no_savepoint(job, error);
        }
        // What panicked or ran too long would do so again.
        let on_loss = match ran {
            Ran::Panicked | Ran::Late => OnLoss::Answer,
            Ran::Done | Ran::Refused | Ran::Failed => on_loss,
        };
        Step { member: Some(Member { job, done, on_loss }), lost: false }
    }

    /// A transaction whose savepoints fail is of no use any more.
    fn no_savepoint(&mut self, mut job: Box<dyn Job>, error: rusqlite::Error) -> Step {
        job.refuse(fault_of(error, "a savepoint of a write"));
        self.roll_back();
        Step { member: Some(Member { job, done: false, on_loss: OnLoss::Answer }), lost: true }
    }

    /// Serves one caller's statements until it is done, gone, or too late.
    fn session(&mut self, request: SessionRequest) -> Step {
        let SessionRequest { who, grant } = request;
        if grant.is_closed() {
            return Step { member: None, lost: false };
        }
        if let Err(error) = self.conn.execute(SAVEPOINT) {
            drop(grant.send(Err(fault_of(error, &format!("a savepoint of `{who}`")))));
            self.roll_back();
            return Step { member: None, lost: true };
        }
        let start = Instant::now();
        let (sender, calls) = calls::channel();
        let ended = Arc::new(OnceLock::new());
        let session = Session { who: who.clone(), calls: sender, ended: ended.clone() };
        // A caller that is gone drops the session, and the loop ends at once.
        drop(grant.send(Ok(session)));
        let step = self.serve(&who, &calls, &ended, start + self.options.hold_limit);
        self.counters.hold(start.elapsed());
        step
    }

    fn serve(&mut self, who: &str, calls: &calls::Receiver<Call>, ended: &OnceLock<Ended>, until: Instant) -> Step {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let call = match calls.recv_timeout(left) {
                Ok(call) => call,
                Err(RecvTimeoutError::Timeout) => {
                    return self.abandon(ended, Some(Ended::Late(self.options.hold_limit)));
                }
                Err(RecvTimeoutError::Disconnected) => return self.abandon(ended, None),
            };
            match call {
                Call::Run(mut job) => {
                    let ran = job.run(&self.conn, until);
                    let end = match (ran, self.conn.transaction()) {
                        (_, Transaction::Unknown) => Some(Ended::Unknown),
                        (Ran::Late, _) => Some(Ended::Late(self.options.hold_limit)),
                        (Ran::Panicked, _) => Some(Ended::Panicked),
                        (_, Transaction::RolledBack) => Some(Ended::Lost),
                        (_, Transaction::Open) => None,
                    };
                    let Some(end) = end else {
                        job.answer();
                        continue;
                    };
                    // A panic and an error of SQLite say more themselves, but not whether anything is kept.
                    if matches!(ran, Ran::Done | Ran::Refused | Ran::Late) || matches!(end, Ended::Unknown) {
                        job.refuse(end.fault(&quoted(who)));
                    }
                    // Before the answer, so that who has it finds the session ended.
                    let step = self.abandon(ended, Some(end));
                    job.answer();
                    return step;
                }
                Call::Finish(mut job) => {
                    let ran = job.run(&self.conn, until);
                    if ran == Ran::Late {
                        job.refuse(Ended::Late(self.options.hold_limit).fault(&quoted(who)));
                    }
                    return self.settle(job, ran, OnLoss::TryAgain);
                }
            }
        }
    }

    /// Leaves nothing of a session that was not finished.
    fn abandon(&mut self, ended: &OnceLock<Ended>, why: Option<Ended>) -> Step {
        if let Some(why) = why {
            ended.get_or_init(|| why);
        }
        self.counters.rolled_back(1);
        if self.conn.transaction() != Transaction::Open {
            return Step { member: None, lost: true };
        }
        let lost = self.undo().is_err();
        if lost {
            self.roll_back();
        }
        Step { member: None, lost }
    }

    /// Rolls back what the savepoint holds, and ends it.
    fn undo(&self) -> rusqlite::Result<()> {
        self.conn.execute("ROLLBACK TO cq_job")?;
        self.conn.execute(RELEASE)
    }

    /// Ends what is left of a transaction.
    pub(super) fn roll_back(&self) {
        if !self.conn.is_autocommit()
            && let Err(error) = self.conn.execute("ROLLBACK")
        {
            tracing::error!(path = %self.path.display(), %error, "a transaction could not be rolled back");
        }
    }

    pub(super) fn begin_fault(&self, error: &Arc<rusqlite::Error>) -> Fault {
        let path = self.path.display();
        match is_busy(error) {
            true => fault_of_shared(
                error,
                &format!(
                    "another process holds the write lock of `{path}`, also after {:?}, and nothing happened",
                    self.options.lock_wait
                ),
            ),
            false => fault_of_shared(error, &format!("a transaction of `{path}` could not begin")),
        }
    }
}
