//! The time that a call has, as a timer.

use std::future::Future as _;
use std::panic::catch_unwind;
use std::pin::Pin;
use std::task::{Context as Cx, Poll};
use std::time::Duration;

use tokio::time::Sleep;

use crate::call::deadline::Deadline;
use crate::future::Payload;
use crate::result::fault::Fault;

/// The time a call has.
pub(crate) struct Limit {
    until: Deadline,
    sleep: Pin<Box<Sleep>>,
}

impl Limit {
    pub(crate) fn new(until: Deadline) -> Result<Self, Fault> {
        Limit::of("a call with a deadline", until)
    }

    /// Whether there can be one here, for `what` needs it.
    pub(crate) fn can_be(what: &str) -> Result<(), Fault> {
        Limit::of(what, Deadline::after(Duration::ZERO)).map(drop)
    }

    fn of(what: &str, until: Deadline) -> Result<Self, Fault> {
        // tokio panics where there is no timer.
        let sleep = catch_unwind(|| Box::pin(tokio::time::sleep_until(until.instant())));
        let sleep = sleep.map_err(|payload: Payload| {
            drop(payload);
            Fault::wiring(format!("{what} needs a tokio runtime with its timer enabled, and there is none here"))
        })?;
        Ok(Limit { until, sleep })
    }

    /// Polls the time that a call has to wait: nothing, if it has no end. A timer is made when a call first waits, and
    /// set anew when it is given less time.
    pub(crate) fn poll_of(
        limit: &mut Option<Limit>,
        deadline: Option<Deadline>,
        cx: &mut Cx<'_>,
    ) -> Poll<Result<(), Fault>> {
        let Some(deadline) = deadline else { return Poll::Pending };
        let limit = match limit {
            Some(limit) => {
                if limit.until != deadline {
                    limit.set(deadline);
                }
                limit
            }
            none => match Limit::new(deadline) {
                Ok(made) => none.insert(made),
                Err(fault) => return Poll::Ready(Err(fault)),
            },
        };
        limit.poll(cx).map(Ok)
    }

    pub(crate) fn poll(&mut self, cx: &mut Cx<'_>) -> Poll<()> {
        self.sleep.as_mut().poll(cx)
    }

    fn set(&mut self, until: Deadline) {
        self.until = until;
        self.sleep.as_mut().reset(until.instant());
    }
}
