//! [`Next`]: the rest of a call, from inside of a behavior; and that rest without its types.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use serde_json::Value;

use crate::bus::Bus;
use crate::call::Call;
use crate::call::ambient::{self, Running};
use crate::call::context::Context;
use crate::future::{BoxFuture, CatchPanic};
use crate::message::{Message, MessageKind};
use crate::pipeline::behavior::Around;
use crate::pipeline::idempotency::Recorder;
use crate::pipeline::outcome::Outcome;
use crate::result::fault::{Effect, Fault};

/// A message on its way to its handler, without its type.
pub(crate) trait Inner: Send + Sync {
    /// The message.
    fn message(&self) -> &(dyn Any + Send + Sync);
    /// Another one of it, for another try.
    fn again(&self) -> Option<Box<dyn Inner>>;
    /// Runs the handler, and what its unit of work is.
    fn run(self: Box<Self>, attempt: Attempt) -> BoxFuture<'static, Outcome>;
}

/// One try of a call.
#[derive(Clone)]
pub struct Attempt {
    pub(crate) bus: Bus,
    pub(crate) running: Running,
    pub(crate) context: Context,
    pub(crate) recorder: Option<Arc<Recorder>>,
}

/// What an outcome is checked with: whether it is of the types that the message declares.
pub(crate) type JudgeFn = fn(Outcome) -> Outcome;

/// The rest of a call: its message, and everything between a [behavior](macro@crate::behavior) and the call's end.
///
/// The message belongs to the rest and is gone when that has run, so that no handler has to leave it behind.
pub struct Next<'a> {
    call: &'a Call<'a>,
    behaviors: &'a [Arc<Around>],
    inner: Box<dyn Inner>,
    attempt: Attempt,
    judge: JudgeFn,
}

impl<'a> Next<'a> {
    pub(crate) fn new(
        call: &'a Call<'a>,
        behaviors: &'a [Arc<Around>],
        inner: Box<dyn Inner>,
        attempt: Attempt,
        judge: JudgeFn,
    ) -> Self {
        Next { call, behaviors, inner, attempt, judge }
    }

    pub(crate) fn judge(&self) -> JudgeFn {
        self.judge
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &(dyn Any + Send + Sync) {
        self.inner.message()
    }

    /// The message, if it is a `C`.
    #[must_use]
    pub fn as_message<C: Message>(&self) -> Option<&C> {
        self.message().downcast_ref()
    }

    /// The message as JSON; none, where it is not declared `wire` or `idempotent` and is no event that is stored.
    ///
    /// # Errors
    /// A fault, where the message's `Serialize` fails.
    #[must_use]
    pub fn to_json(&self) -> Option<Result<Value, Fault>> {
        let info = self.attempt.running.message();
        Some((info.to_json?)(self.message()))
    }

    /// Runs it. A behavior that does not answers instead of the handler.
    pub async fn run(self) -> Outcome {
        let Next { call, behaviors, inner, attempt, judge } = self;
        match behaviors.split_first() {
            None => handle(inner, attempt).await,
            Some((first, rest)) => {
                let next = Next::new(call, rest, inner, attempt, judge);
                let running: BoxFuture<'_, Outcome> = Box::pin(first.run(call, next));
                running.await
            }
        }
    }
}

/// Runs the handler; its panic is a fault, and not that of a behavior around it. What has happened by now, no later
/// fault of the call denies.
pub(crate) async fn handle(inner: Box<dyn Inner>, attempt: Attempt) -> Outcome {
    let (running, context) = (attempt.running, attempt.context.clone());
    let outcome = CatchPanic(AssertUnwindSafe(inner.run(attempt))).await.unwrap_or_else(|payload| {
        // What it panicked in is where it had come to.
        ambient::running().unwrap_or(running).panicked(&*payload).into()
    });
    match outcome.as_fault() {
        // Rolled back: nothing of it is in the store's hands any more.
        Some(fault) if fault.effect() == Effect::Nothing => ambient::phase(running.phase),
        Some(_) => context.has_changed_something(),
        None if outcome.is_success() && running.message().kind == MessageKind::Command => {
            context.has_changed_something();
        }
        None => {}
    }
    outcome
}

impl std::fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Next").field("behaviors", &self.behaviors.len()).finish_non_exhaustive()
    }
}
