//! [`Recording`]: what a bus did, for the tests of an application.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::bus::Bus;
use crate::call::Call;
use crate::call::context::Context;
use crate::message::{Event, MessageKind};
use crate::pipeline::behavior::On;
use crate::pipeline::next::Next;
use crate::pipeline::outcome::Outcome;
use crate::result::fault::{Place, with_sources};
use crate::store::audit::AuditOutcome;
use crate::unit::events::Raised;

/// What a bus did, from when it was built with [`Builder::record`](crate::Builder::record): which commands and queries
/// were sent and what came of them, which events were committed, and which handlers they were delivered to.
///
/// ```
/// use cqrs_core::testing::Recording;
/// use cqrs_core::{Bus, Events, command, event, handler};
///
/// #[event(transient)]
/// #[derive(Clone, Debug, PartialEq)]
/// struct OrderPlaced { id: u32 }
///
/// #[command]
/// struct PlaceOrder { id: u32 }
///
/// #[handler]
/// fn place_order(cmd: PlaceOrder, events: &mut Events) { events.raise(OrderPlaced { id: cmd.id }); }
///
/// #[handler]
/// fn mail(_: OrderPlaced) {}
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let recording = Recording::default();
/// let bus = Bus::builder().record(&recording).build();
/// bus.execute(PlaceOrder { id: 7 }).await.unwrap();
/// bus.settled().await;
/// assert_eq!(recording.dispatched()[0].message, "PlaceOrder");
/// assert_eq!(recording.published::<OrderPlaced>(), [OrderPlaced { id: 7 }]);
/// assert!(recording.delivered()[0].handler.path.ends_with("::mail"));
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Recording(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    dispatched: Vec<RecordedCall>,
    published: Vec<Raised>,
    delivered: Vec<RecordedCall>,
}

/// One call of a handler, as it was recorded when it ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordedCall {
    /// The message's name.
    pub message: &'static str,
    /// Which of the three it is.
    pub kind: MessageKind,
    /// Where the handler stands.
    pub handler: Place,
    /// The call's context.
    pub context: Context,
    /// The message as JSON; none, where it is not declared `wire` or `idempotent` and is no event that is stored.
    pub json: Option<Value>,
    /// What came of it.
    pub outcome: AuditOutcome,
}

impl Recording {
    fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The commands and queries that came to their handlers, in the order in which they ended.
    #[must_use]
    pub fn dispatched(&self) -> Vec<RecordedCall> {
        self.recorded().dispatched.clone()
    }

    /// The events of one type that were committed, in the order in which that was known.
    #[must_use]
    pub fn published<E: Event>(&self) -> Vec<E> {
        self.recorded().published.iter().filter_map(Raised::downcast::<E>).cloned().collect()
    }

    /// Every attempt to have a handler handle an event, in the order in which they ended; without inline handlers, which
    /// are part of the call that raises the event.
    #[must_use]
    pub fn delivered(&self) -> Vec<RecordedCall> {
        self.recorded().delivered.clone()
    }

    /// Forgets everything so far.
    pub fn clear(&self) {
        *self.recorded() = Recorded::default();
    }

    pub(crate) fn publish(&self, events: &[Raised]) {
        self.recorded().published.extend_from_slice(events);
    }

    /// What it is around.
    pub(crate) const ON: [On; 3] = [On::Commands, On::Queries, On::Events];

    /// Runs a call and records what came of it.
    pub(crate) async fn around(self, call: &Call<'_>, next: Next<'_>) -> Outcome {
        let (message, kind, handler) = (call.name(), call.kind(), call.handler());
        let json = next.to_json().and_then(Result::ok);
        let outcome = next.run().await;
        let told = match outcome.as_fault() {
            Some(fault) => AuditOutcome::Faulted(with_sources(fault)),
            None if outcome.is_success() => AuditOutcome::Succeeded,
            None => AuditOutcome::Rejected,
        };
        let call = RecordedCall { message, kind, handler, context: call.context().clone(), json, outcome: told };
        let mut recorded = self.recorded();
        match kind {
            MessageKind::Event => recorded.delivered.push(call),
            MessageKind::Command | MessageKind::Query => recorded.dispatched.push(call),
        }
        outcome
    }
}

impl Bus {
    /// Tells who records that these are committed.
    pub(crate) fn recorded(&self, events: &[Raised]) {
        if !events.is_empty() {
            self.recordings().iter().for_each(|recording| recording.publish(events));
        }
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recorded = self.recorded();
        f.debug_struct("Recording")
            .field("dispatched", &recorded.dispatched.len())
            .field("published", &recorded.published.len())
            .field("delivered", &recorded.delivered.len())
            .finish()
    }
}
