//! The way through the pipeline of a call that has more around its handler than checks, in the one order there is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::bus::Bus;
use crate::call::Call;
use crate::call::ambient::{self, Phase, Running};
use crate::call::context::Context;
use crate::call::deadline::Deadline;
use crate::call::limit::Limit;
use crate::message::MessageKind;
use crate::pipeline::behavior::Around;
use crate::pipeline::declared::Pipeline;
use crate::pipeline::idempotency::Recorder;
use crate::pipeline::next::{Attempt, Inner, JudgeFn, Next, handle};
use crate::pipeline::outcome::Outcome;
use crate::result::fault::{Effect, Fault, with_sources};
use crate::store::audit::{AuditEntry, AuditOutcome};

/// One call, in its pipeline.
pub(crate) struct Layers {
    pub(crate) bus: Bus,
    pub(crate) running: Running,
    pub(crate) context: Context,
    pub(crate) judge: JudgeFn,
}

impl Layers {
    fn pipeline(&self) -> &'static Pipeline {
        &self.running.message().pipeline
    }

    /// All of it; and a row in the audit trail of what no unit of work has written there.
    pub(crate) async fn run(self, inner: Box<dyn Inner>) -> Outcome {
        let is_command = self.running.message().kind == MessageKind::Command;
        if is_command && let Err(fault) = self.bus.store().await {
            return fault.at(self.running.site()).into();
        }
        if !self.bus.audited(self.running.message()) {
            return self.through(inner).await;
        }
        let (started_at, since) = (self.bus.now(), Instant::now());
        let outcome = self.through(inner).await;
        if !self.context.was_audited() {
            let row = AuditEntry {
                command: self.running.message().name.into(),
                call: self.context.clone(),
                outcome: match outcome.as_fault() {
                    Some(fault) => AuditOutcome::Faulted(with_sources(fault)),
                    None if self.context.was_answered() => AuditOutcome::Answered,
                    None if outcome.is_success() => AuditOutcome::Succeeded,
                    None => AuditOutcome::Rejected,
                },
                started_at,
                duration: since.elapsed(),
                events: None,
            };
            self.bus.audit_buffer().add(&self.bus, row);
        }
        outcome
    }

    /// All that a message declares: authorize, cache or idempotency, and the rest.
    async fn through(&self, inner: Box<dyn Inner>) -> Outcome {
        let (pipeline, who) = (self.pipeline(), self.context.principal());
        let asked = pipeline.access().ask(who, inner.message(), self.bus.container(), self.running.handler);
        if let Err(fault) = asked.await {
            return self.judged(fault.into());
        }
        let outcome = match (pipeline.cache(), pipeline.idempotent()) {
            (Some(cache), _) => {
                // To wait for somebody else's load takes of the same time as to load.
                self.limit();
                self.cached(cache, inner).await
            }
            (None, Some(how)) => self.once(how, inner).await,
            (None, None) => self.rest(inner, None).await,
        };
        outcome.map_fault(|fault| fault.at(self.running.site()))
    }

    /// What a cache and a ledger spare: validate, timeout, retry, behaviors, handler.
    pub(crate) async fn rest(&self, inner: Box<dyn Inner>, recorder: Option<Arc<Recorder>>) -> Outcome {
        if let Err(fault) = self.pipeline().validated(inner.message()) {
            return fault.at(self.running.site()).into();
        }
        self.limit();
        // Whoever has waited for somebody else may have none left.
        if self.has_no_time_left() {
            return Fault::timeout(None).at(self.running.site()).into();
        }
        let outcome = self.tried(inner, recorder).await;
        self.judged(outcome)
    }

    /// From the first time on, the declared timeout counts.
    fn limit(&self) {
        if let Some(timeout) = self.pipeline().timeout() {
            self.context.limit(timeout);
        }
    }

    /// One try after another, while that can help and there is time.
    async fn tried(&self, mut inner: Box<dyn Inner>, recorder: Option<Arc<Recorder>>) -> Outcome {
        let Some(retry) = self.pipeline().retry() else { return self.attempt(inner, recorder).await };
        let mut pauses = retry.pauses();
        loop {
            let (pause, spare) = match pauses.next() {
                Some(pause) => (pause, inner.again()),
                None => return self.attempt(inner, recorder).await,
            };
            let outcome = self.attempt(inner, recorder.clone()).await;
            let (Some(spare), Some(fault)) = (spare, outcome.as_fault()) else { return outcome };
            if !retry.helps(fault, recorder.is_some()) || !self.has_time_for(pause) {
                return outcome;
            }
            let name = self.running.message().name;
            tracing::info!(message_name = name, error = %with_sources(fault), "trying `{name}` again in {pause:?}");
            if let Err(fault) = sleep(pause).await {
                return fault.into();
            }
            if let (Effect::Unknown, Some(recorder)) = (fault.effect(), &recorder)
                && let Some(answer) = recorder.answer().await
            {
                return answer;
            }
            inner = spare;
        }
    }

    pub(crate) fn has_no_time_left(&self) -> bool {
        self.context.deadline().is_some_and(|deadline| deadline.remaining().is_zero())
    }

    fn has_time_for(&self, pause: Duration) -> bool {
        self.context.deadline().is_none_or(|deadline| deadline.remaining() > pause)
    }

    /// One try: the behaviors and, inside of them, the unit of work with its handler.
    async fn attempt(&self, inner: Box<dyn Inner>, recorder: Option<Arc<Recorder>>) -> Outcome {
        ambient::phase(self.running.phase);
        let Layers { bus, running, context, judge } = self;
        let (running, judge) = (*running, *judge);
        let attempt = Attempt { bus: bus.clone(), running, context: context.clone(), recorder };
        let behaviors: Vec<Arc<Around>> = bus.behaviors().around(running.message()).cloned().collect();
        let outcome = if behaviors.is_empty() {
            handle(inner, attempt).await
        } else {
            let call = Call::delivered(bus, running, context.clone(), None);
            Next::new(&call, &behaviors, inner, attempt, judge).run().await
        };
        // A behavior that went on without the commit's answer does not know it either.
        if ambient::running().is_some_and(|now| now.phase == Phase::Committing) {
            context.has_changed_something();
        }
        self.judged(outcome)
    }

    /// A fault of a call in which something may have happened does not say that nothing did.
    fn judged(&self, outcome: Outcome) -> Outcome {
        outcome.map_fault(|fault| Context::judge(Some(&self.context), fault))
    }
}

#[cfg(not(feature = "cache"))]
impl Layers {
    async fn cached(&self, never: &crate::pipeline::Cache, _: Box<dyn Inner>) -> Outcome {
        match *never {}
    }
}

async fn sleep(pause: Duration) -> Result<(), Fault> {
    let mut limit = Limit::new(Deadline::after(pause))?;
    std::future::poll_fn(|cx| limit.poll(cx)).await;
    Ok(())
}
