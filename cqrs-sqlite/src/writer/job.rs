//! What the writer's thread does for one caller: [`Job`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use cqrs_core::Fault;
use rusqlite::ErrorCode;
use tokio::sync::oneshot;

use crate::faults::sqlite_error;
use crate::writer::writing::Writing;

/// What a closure on the writing connection returns.
pub(crate) type JobResult<T> = Result<T, Fault>;

/// A closure with the caller that waits for it. It keeps what it found until it may answer.
pub(crate) trait Job: Send {
    /// Whether its caller still waits.
    fn is_wanted(&self) -> bool;

    /// Does it, and keeps what it found instead of what was kept before.
    fn run(&mut self, conn: &Writing<'_>, until: Instant) -> Ran;

    /// Keeps a fault instead of what it found; a fault that it had found becomes its source.
    fn refuse(&mut self, fault: Fault);

    /// Answers with what is kept.
    fn answer(self: Box<Self>);
}

/// How a job went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Ran {
    /// It returned a value.
    Done,
    /// It returned a fault.
    Refused,
    /// It returned the fault of an error of SQLite.
    Failed,
    /// It returned a fault after a statement was interrupted, since the time was over.
    Late,
    /// It panicked, and is not fit to run again.
    Panicked,
}

/// A [`Job`] made of a closure and the sender of its answer.
pub(crate) struct Work<T, F> {
    work: F,
    kept: Option<JobResult<T>>,
    reply: oneshot::Sender<JobResult<T>>,
}

impl<T, F> Work<T, F>
where
    T: Send + 'static,
    F: FnMut(&Writing<'_>) -> JobResult<T> + Send + 'static,
{
    pub(crate) fn job(work: F) -> (Box<dyn Job>, oneshot::Receiver<JobResult<T>>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Work { work, kept: None, reply }), answer)
    }
}

/// A closure that runs at most once, as one that may run again.
pub(crate) fn once<T>(work: impl FnOnce(&Writing<'_>) -> JobResult<T>) -> impl FnMut(&Writing<'_>) -> JobResult<T> {
    let mut work = Some(work);
    move |conn| match work.take() {
        Some(work) => work(conn),
        None => Err(Fault::internal("a closure of the writer was to run a second time")),
    }
}

impl<T, F> Job for Work<T, F>
where
    T: Send + 'static,
    F: FnMut(&Writing<'_>) -> JobResult<T> + Send + 'static,
{
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run(&mut self, conn: &Writing<'_>, until: Instant) -> Ran {
        let work = &mut self.work;
        let ran = catch_unwind(AssertUnwindSafe(|| conn.limited(until, || work(conn))));
        let (kept, ran) = match ran {
            Ok((Ok(value), _)) => (Ok(value), Ran::Done),
            Ok((Err(fault), interrupted)) => {
                let ran = match sqlite_error(&fault).map(rusqlite::Error::sqlite_error_code) {
                    Some(Some(ErrorCode::OperationInterrupted)) if interrupted => Ran::Late,
                    Some(_) => Ran::Failed,
                    None => Ran::Refused,
                };
                (Err(fault), ran)
            }
            Err(payload) => (Err(Fault::panic("a write", &*payload)), Ran::Panicked),
        };
        self.kept = Some(kept);
        ran
    }

    fn refuse(&mut self, fault: Fault) {
        self.kept = Some(Err(match self.kept.take() {
            Some(Err(found)) => fault.caused_by(found),
            _ => fault,
        }));
    }

    fn answer(self: Box<Self>) {
        let Work { work, kept, reply } = *self;
        let nothing = || Err(Fault::internal("a write was answered before it ran"));
        // A caller that is gone needs no answer. What is dropped here is the caller's, and may panic.
        let answered = catch_unwind(AssertUnwindSafe(move || {
            drop(reply.send(kept.unwrap_or_else(nothing)));
            drop(work);
        }));
        if answered.is_err() {
            tracing::error!("what a write left behind panicked when it was dropped");
        }
    }
}
