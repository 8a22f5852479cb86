//! `retry`: the whole unit of work again, where that can help.

use std::any::Any;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::message::Message;
use crate::result::fault::{Effect, Fault, FaultKind};

/// What `retry(3, on = conflict | unavailable, backoff = "50ms")` declares.
pub struct Retry {
    pub(crate) times: u32,
    pub(crate) on: &'static [FaultKind],
    pub(crate) backoff: Duration,
    pub(crate) copy: CopyFn,
}

/// Another one of the message, for another try.
pub(crate) type CopyFn = fn(&(dyn Any + Send + Sync)) -> Option<Box<dyn Any + Send + Sync>>;

/// A pause grows no longer than this; jitter comes on top of it.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl Retry {
    /// Of a message that can be sent again.
    #[must_use]
    pub const fn of<C: Again>(times: u32, on: &'static [FaultKind], backoff: Duration) -> Self {
        Retry { times, on, backoff, copy: |message| Some(Box::new(message.downcast_ref::<C>()?.clone())) }
    }

    /// The pauses before each try but the first: each twice the one before, and up to as much again at random, so that
    /// those who failed together do not come back together.
    pub(crate) fn pauses(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        ExponentialBuilder::new()
            .with_min_delay(self.backoff)
            .with_max_delay(if self.backoff > LONGEST_PAUSE { self.backoff } else { LONGEST_PAUSE })
            .with_max_times(usize::try_from(self.times).unwrap_or(usize::MAX))
            .with_jitter()
            .build()
    }

    /// Whether another try can help, and does nothing twice: where nobody knows what happened, only a key tells.
    pub(crate) fn helps(&self, fault: &Fault, has_key: bool) -> bool {
        self.on.contains(&fault.kind()) && (fault.effect() == Effect::Nothing || has_key)
    }
}

/// A message that can be sent again.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is declared with `retry` and is not `Clone`",
    label = "each try takes a message of its own",
    note = "add `#[derive(Clone)]` to `{Self}`"
)]
pub trait Again: Message + Clone {}

#[diagnostic::do_not_recommend]
impl<C: Message + Clone> Again for C {}
