//! One span for each call, and with the feature `metrics` one count and one duration: where somebody listens.
//!
//! A call that nobody watches pays for one load and one comparison.

use std::future::Future;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context as Cx, Poll, ready};

use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing::{Level, Span};

use crate::call::Parent;
use crate::call::ambient;
use crate::call::context::{Context, Options};
use crate::call::ids::{CorrelationId, MessageId};
use crate::call::in_place::Answered;
use crate::handler::HandlerInfo;
use crate::message::{Dispatched, Message};
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::{Fault, with_sources};

/// Whether anybody listens.
#[inline(always)]
pub(crate) fn is_on() -> bool {
    cfg!(feature = "metrics") || (Level::INFO <= STATIC_MAX_LEVEL && Level::INFO <= LevelFilter::current())
}

/// One call that somebody watches, from its beginning to its end.
pub(crate) struct Observation {
    span: Span,
    ended: bool,
    #[cfg(feature = "metrics")]
    measured: measured::Measured,
}

impl Observation {
    /// Of a call that begins now, whose ids are fixed by this.
    pub(crate) fn begin(handler: &'static HandlerInfo, options: &mut Options, from: Option<&Parent>) -> Self {
        let message_id = *options.message_id.get_or_insert_with(MessageId::new);
        let around = match from {
            Some(parent) => Some(parent.context.clone()),
            None => ambient::running().map(|_| ambient::context()),
        };
        let inherited = around.as_ref().map(|around| around.correlation_id().clone());
        let correlation_id = options.correlation.clone().or(inherited).unwrap_or_else(|| message_id.into());
        let causation_id = options.causation.or_else(|| around.as_ref().map(Context::message_id));
        Self::new(handler, message_id, &correlation_id, causation_id)
    }

    /// Of a call with this context.
    pub(crate) fn of(handler: &'static HandlerInfo, context: &Context) -> Self {
        Self::new(handler, context.message_id(), context.correlation_id(), context.causation_id())
    }

    fn new(
        handler: &'static HandlerInfo,
        message_id: MessageId,
        correlation_id: &CorrelationId,
        causation_id: Option<MessageId>,
    ) -> Self {
        let message = (handler.message)();
        let span = tracing::info_span!(
            "call",
            message = message.name,
            kind = %message.kind,
            %message_id,
            %correlation_id,
            causation_id = tracing::field::Empty,
            handler = handler.place.path,
            at = format_args!("{}:{}", handler.place.file, handler.place.line),
            outcome = tracing::field::Empty,
            fault = tracing::field::Empty,
        );
        if let Some(causation_id) = causation_id {
            span.record("causation_id", tracing::field::display(causation_id));
        }
        Observation {
            span,
            ended: false,
            #[cfg(feature = "metrics")]
            measured: measured::Measured::begin(handler),
        }
    }

    fn end(&mut self, outcome: &'static str, fault: Option<&Fault>) {
        self.ended = true;
        self.span.record("outcome", outcome);
        if let Some(fault) = fault {
            self.span.record("fault", with_sources(fault));
        }
        #[cfg(feature = "metrics")]
        self.measured.end(outcome);
    }

    /// Watches a call's future.
    pub(crate) fn watch<F, T>(self, call: F, tell: TellFn<T>) -> Observed<F, T> {
        Observed { observation: self, call, tell, told: PhantomData }
    }
}

/// A call that went away before it had an outcome.
impl Drop for Observation {
    fn drop(&mut self) {
        if !self.ended {
            self.end("dropped", None);
        }
    }
}

/// What a call came to, in a word, and its fault.
pub(crate) type TellFn<T> = fn(&T) -> (&'static str, Option<&Fault>);

/// The outcome of a message's call, in a word.
pub(crate) fn tell<C: Message>(answer: &Dispatched<C>) -> (&'static str, Option<&Fault>) {
    tell_answer(answer, C::is_success)
}

fn tell_answer<O, E>(answer: &Answered<O, E>, is_success: fn(&O) -> bool) -> (&'static str, Option<&Fault>) {
    match answer {
        Ok(output) if is_success(output) => ("ok", None),
        Ok(_) => ("rejected", None),
        Err(error) => tell_failure(error),
    }
}

fn tell_failure<E>(failure: &DispatchError<E>) -> (&'static str, Option<&Fault>) {
    match failure {
        DispatchError::Rejected(_) => ("rejected", None),
        DispatchError::Fault(fault) => (fault.kind().as_str(), Some(fault)),
    }
}

/// The outcome of a delivery, in a word.
pub(crate) fn tell_delivery<E>(answer: &Result<Result<(), DispatchError<E>>, Fault>) -> (&'static str, Option<&Fault>) {
    match answer {
        Ok(Ok(())) => ("ok", None),
        Ok(Err(failure)) => tell_failure(failure),
        Err(fault) => (fault.kind().as_str(), Some(fault)),
    }
}

/// The outcome of a publication, in a word.
pub(crate) fn tell_publication(answer: &Result<(), Fault>) -> (&'static str, Option<&Fault>) {
    answer.as_ref().map_or_else(|fault| (fault.kind().as_str(), Some(fault)), |()| ("ok", None))
}

/// A call that somebody watches: inside of its span wherever it is polled.
pub(crate) struct Observed<F, T> {
    observation: Observation,
    call: F,
    tell: TellFn<T>,
    told: PhantomData<fn(T)>,
}

impl<T, F: Future<Output = T> + Unpin> Future for Observed<F, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Cx<'_>) -> Poll<T> {
        let this = &mut *self;
        let answer = {
            let _inside = this.observation.span.enter();
            ready!(Pin::new(&mut this.call).poll(cx))
        };
        // An output says whether it is a success, and a fault's sources what they are: code of the user's, which would
        // not run if nobody listened.
        let told = catch_unwind(AssertUnwindSafe(|| {
            let (outcome, fault) = (this.tell)(&answer);
            this.observation.end(outcome, fault);
        }));
        if let Err(payload) = told {
            let fault = Fault::panic("telling an outcome", &*payload);
            this.observation.end(fault.kind().as_str(), Some(&fault));
        }
        Poll::Ready(answer)
    }
}

#[cfg(feature = "metrics")]
mod measured {
    //! Counts and durations through the facade `metrics`.

    use metrics::{counter, histogram};
    use tokio::time::Instant;

    use crate::handler::HandlerInfo;

    /// One call, measured.
    pub(super) struct Measured {
        handler: &'static HandlerInfo,
        since: Instant,
    }

    impl Measured {
        pub(super) fn begin(handler: &'static HandlerInfo) -> Self {
            Measured { handler, since: Instant::now() }
        }

        pub(super) fn end(&self, outcome: &'static str) {
            let message = (self.handler.message)();
            let labels = [
                ("message", message.name),
                ("kind", message.kind.as_str()),
                ("handler", self.handler.place.path),
                ("outcome", outcome),
            ];
            counter!("cqrs_calls_total", &labels).increment(1);
            histogram!("cqrs_call_duration_seconds", &labels).record(self.since.elapsed());
        }
    }
}
