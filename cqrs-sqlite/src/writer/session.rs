//! The interactive write path: [`Session`], a caller that holds the writer between its statements.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;

use cqrs_core::{Fault, FaultKind};
use tokio::sync::oneshot;

use crate::faults::{fault_of, lost_sight_of};
use crate::paused;
use crate::writer::job::{Job, JobResult, Work, once};
use crate::writer::writing::Writing;

/// A savepoint of the writer's transaction, held until it is finished or dropped. Dropping it rolls it back.
///
/// The writer's thread serves nobody else meanwhile, so there is a limit; past it, the savepoint is rolled back and
/// every use is a fault that says who held it.
pub(crate) struct Session {
    pub(crate) who: Cow<'static, str>,
    pub(crate) calls: mpsc::Sender<Call>,
    pub(crate) ended: Arc<OnceLock<Ended>>,
}

/// What a session asks of the thread.
pub(crate) enum Call {
    /// Runs a closure in the savepoint.
    Run(Box<dyn Job>),
    /// Runs the last one, and keeps what the savepoint holds if it succeeds.
    Finish(Box<dyn Job>),
}

/// Why a session ended before it was finished. Nothing of it is left, unless that is unknown.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ended {
    /// It held the writer for too long.
    Late(Duration),
    /// SQLite rolled the transaction back.
    Lost,
    /// The transaction is gone, and was not rolled back.
    Unknown,
    /// One of its closures panicked.
    Panicked,
}

impl Session {
    /// Runs a closure in the savepoint and gives back what it returned.
    ///
    /// What a closure did before it failed stays until the session ends.
    ///
    /// # Errors
    /// What SQLite said, as a fault; or why the session has ended.
    pub(crate) async fn submit<T: Send + 'static>(
        &mut self,
        f: impl FnOnce(&Writing<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> JobResult<T> {
        let who = self.who.clone();
        let (job, answer) = Work::job(once(move |conn: &Writing<'_>| {
            f(conn).map_err(|error| fault_of(error, &format!("a statement of `{who}`")))
        }));
        self.call(Call::Run(job), answer).await
    }

    /// Runs the last closure in the savepoint and keeps what it holds, or nothing if the closure returns a fault;
    /// resolves after the commit of the group.
    ///
    /// # Errors
    /// The closure's fault; or why the session has ended, or why the group was not committed.
    pub(crate) async fn finish<T: Send + 'static>(
        self,
        job: impl FnOnce(&Writing<'_>) -> JobResult<T> + Send + 'static,
    ) -> JobResult<T> {
        let (job, answer) = Work::job(once(job));
        self.call(Call::Finish(job), answer).await
    }

    async fn call<T>(&self, call: Call, answer: oneshot::Receiver<JobResult<T>>) -> JobResult<T> {
        if self.calls.send(call).is_err() {
            return Err(self.why());
        }
        match paused::hold(answer).await {
            Ok(answer) => answer,
            Err(_) => Err(self.why()),
        }
    }

    fn why(&self) -> Fault {
        match self.ended.get() {
            Some(ended) => ended.fault(&quoted(&self.who)),
            None => Fault::outcome_unknown(format!("the writer ended while `{}` held it", self.who)),
        }
    }
}

impl Ended {
    pub(crate) fn fault(self, who: &str) -> Fault {
        match self {
            Ended::Late(limit) => too_late(&format!("{who} held the writer"), limit),
            Ended::Lost => Fault::unavailable(format!(
                "SQLite rolled back the transaction of {who}, and nothing happened: try again"
            )),
            Ended::Unknown => lost_sight_of(),
            Ended::Panicked => {
                Fault::new(FaultKind::Panic, format!("{who} panicked before, and nothing of it is left"))
            }
        }
    }
}

/// A name as faults have it.
pub(super) fn quoted(who: &str) -> String {
    format!("`{who}`")
}

/// The fault of who needs the writer for longer than the limit.
pub(crate) fn too_late(what: &str, limit: Duration) -> Fault {
    Fault::new(
        FaultKind::Timeout,
        format!(
            "{what} for longer than the limit of {limit:?}, and nothing happened: do other work before the first \
             statement or after the commit, or raise `hold_limit`"
        ),
    )
}
