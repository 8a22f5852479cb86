//! [`Bus`]: where a message goes in.

pub(crate) mod builder;
pub(crate) mod buses;
pub(crate) mod catalog;
pub(crate) mod publish;
pub(crate) mod recording;
pub(crate) mod start;
pub(crate) mod verify;
pub(crate) mod wiring;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use crate::bus::builder::Builder;
use crate::bus::buses::{CommandBus, QueryBus};
use crate::bus::catalog::Catalog;
use crate::bus::publish::Publish;
use crate::bus::recording::Recording;
use crate::bus::verify::Report;
use crate::call::ambient;
use crate::call::begin::Wired;
use crate::call::busy::{Busy, Counter};
use crate::call::dispatch::Dispatch;
use crate::container::Container;
use crate::delivery::Deliveries;
use crate::handler::need::Opening;
use crate::handler::{Handled, HandlerInfo};
use crate::message::slot::Table;
use crate::message::wire::WireDispatch;
use crate::message::{Command, Event, MessageInfo, MessageKind, Query};
use crate::pipeline::access::Access;
use crate::pipeline::behavior::Behaviors;
#[cfg(feature = "cache")]
use crate::pipeline::cache::{Answers, Cache};
use crate::pipeline::flights::Flights;
use crate::pipeline::floor::Floors;
use crate::pipeline::ledger::LedgerKey;
use crate::result::fault::Fault;
use crate::store::audit_buffer::AuditBuffer;
use crate::store::of_bus::BusStore;
use crate::subscription::Subscribers;
use crate::unit::OpenUnit;
use crate::unit::events::Raised;

/// Finds the handler of a message and runs it.
///
/// [`Bus::global`] is everything that is linked into the program; [`Bus::builder`] makes an isolated one. A bus
/// is a handle: cloning it is cheap, and every clone is the same bus.
///
/// ```
/// use cqrs_core::{Bus, command, handler, query};
///
/// #[command(output = u64)]
/// struct Add { left: u64, right: u64 }
///
/// #[handler]
/// fn add(cmd: Add) -> u64 { cmd.left + cmd.right }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// assert_eq!(Bus::global().execute(Add { left: 40, right: 2 }).await.unwrap(), 42);
/// # }
/// ```
#[derive(Clone)]
pub struct Bus(Arc<Inner>);

struct Inner {
    table: Table,
    /// [`table`](Inner::table) for messages that declare layers, or have behaviors around them in this bus: whoever looks
    /// in the one and finds nothing looks here.
    layered: Table,
    flights: Flights<LedgerKey>,
    floors: Floors,
    #[cfg(feature = "cache")]
    answers: Table,
    closed: AtomicBool,
    parts: Parts,
    busy: Counter,
    report: OnceLock<Report>,
    subscribers: Subscribers,
    audit: AuditBuffer,
}

/// What a builder makes a bus of.
pub(crate) struct Parts {
    pub(crate) container: Container,
    pub(crate) contracts: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
    pub(crate) names: HashMap<&'static str, Vec<&'static MessageInfo>>,
    pub(crate) deliveries: Deliveries,
    pub(crate) unit: Option<(OpenUnit, Opening)>,
    pub(crate) store: Option<BusStore>,
    pub(crate) commit_grace: Duration,
    pub(crate) behaviors: Behaviors,
    pub(crate) recordings: Vec<Recording>,
    pub(crate) denies_by_default: bool,
}

static GLOBAL: LazyLock<Bus> = LazyLock::new(|| {
    let bus = Bus::builder().build();
    let report = bus.verify();
    if !report.is_sound() {
        tracing::error!("{report}");
        // Nobody listens to the log of a first program, which is the one that needs it most.
        if !tracing::dispatcher::has_been_set() {
            eprintln!("{report}");
        }
    }
    bus
});

impl Bus {
    /// The bus of everything that is linked into the program, built on first use. Inside
    /// [`testing::scope`](crate::testing::scope) it is the scope's bus.
    ///
    /// What is wired wrongly is logged once; a call that touches it ends in a fault, every other call works. To
    /// learn of it at start, [`start`](Bus::start) the bus.
    ///
    /// It may be used from several tokio runtimes, one after another and at once. What a provider makes is made
    /// once for all of them: a connection pool that is tied to the runtime it was made in dies with that. Without a store
    /// events are handled on the runtime of a call that raised one; what waits when that ends goes on with the next call,
    /// or [`settled`](Bus::settled).
    #[must_use]
    pub fn global() -> Bus {
        ambient::global().unwrap_or_else(|| GLOBAL.clone())
    }

    /// Builds an isolated bus.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn assemble(parts: Parts) -> Self {
        Bus(Arc::new(Inner {
            table: Table::default(),
            layered: Table::default(),
            flights: Flights::default(),
            floors: Floors::default(),
            #[cfg(feature = "cache")]
            answers: Table::default(),
            closed: AtomicBool::new(false),
            parts,
            busy: Counter::default(),
            report: OnceLock::new(),
            subscribers: Subscribers::default(),
            audit: AuditBuffer::default(),
        }))
    }

    /// Executes a command: options, then `.await`.
    ///
    /// The call returns when its unit of work has committed, before anything that follows from its events.
    /// Dropping the future leaves nothing half done: without resources the handler ends at its `.await`, with a
    /// resource it runs to its end in a task of its own.
    ///
    /// # Errors
    /// What the handler said no with, or a [`Fault`].
    ///
    /// A command without a handler does not compile:
    ///
    /// ```compile_fail,E0277
    /// # use cqrs_core::{Bus, command};
    /// #[command]
    /// struct Forgotten;
    /// # async fn f() {
    /// Bus::global().execute(Forgotten).await.unwrap(); // error[E0277]: no handler for `Forgotten`
    /// # }
    /// ```
    #[inline]
    pub fn execute<C: Command + Handled>(&self, command: C) -> Dispatch<'_, C, C::By> {
        Dispatch::new(self, None, command)
    }

    /// Asks a query: options, then `.await`.
    ///
    /// # Errors
    /// What the handler said no with, or a [`Fault`].
    #[inline]
    pub fn query<Q: Query + Handled>(&self, query: Q) -> Dispatch<'_, Q, Q::By> {
        Dispatch::new(self, None, query)
    }

    /// Publishes an event: options, then `.await`.
    ///
    /// With a [store](crate::Store) the event is in its log when this returns; without one it is in the memory of the
    /// process, on its way to each handler.
    ///
    /// # Errors
    /// A [`Fault`]; the event is not delivered.
    pub fn publish<E: Event>(&self, event: E) -> Publish<'_> {
        Publish { bus: self, from: None, raised: Raised::new(event), options: None }
    }

    /// Dispatches a message by its name, from JSON: one that is declared with `wire`. A command or a query answers
    /// its output, an event `null`.
    ///
    /// # Errors
    /// The rejection as a [`Problem`](struct@crate::Problem); or a [`Fault`], of kind `NotFound` where no message has the
    /// name, `Malformed` where the bytes are not that message.
    ///
    /// ```
    /// use cqrs_core::{Bus, command, handler};
    ///
    /// #[command(output = u64, name = "sum")]
    /// #[derive(serde::Deserialize, serde::Serialize)]
    /// struct Add { left: u64, right: u64 }
    ///
    /// #[handler]
    /// fn add(cmd: Add) -> u64 { cmd.left + cmd.right }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let sum = Bus::global().dispatch_json("sum", br#"{"left": 40, "right": 2}"#).await.unwrap();
    /// assert_eq!(sum, 42);
    /// # }
    /// ```
    pub fn dispatch_json<'a>(&'a self, name: &'a str, payload: &'a [u8]) -> WireDispatch<'a> {
        WireDispatch::new(self, name, payload)
    }

    /// The half that changes things.
    #[must_use]
    pub fn commands(&self) -> CommandBus {
        CommandBus::new(self.clone())
    }

    /// The half that changes nothing.
    #[must_use]
    pub fn queries(&self) -> QueryBus {
        QueryBus::new(self.clone())
    }

    /// Waits until nothing that was handed on waits any more: every event and every command of an outbox is handled,
    /// and what follows from them, also from what others hand on meanwhile. A command that was sent for a later time
    /// is not waited for, nor is what has become a dead letter. A handler of an event that calls it waits for itself.
    ///
    /// With a [store](crate::Store) it begins to run the subscriptions, if the bus was not [started](Bus::start); where
    /// another process runs them, it waits for that one.
    pub async fn settled(&self) {
        if self.has_store() {
            crate::subscription::settled(self).await;
        }
        self.delivery().settled(self).await;
    }

    /// What is wired wrongly, all at once, with places and cures; worked out once.
    #[must_use]
    pub fn verify(&self) -> &Report {
        self.0.report.get_or_init(|| crate::bus::verify::verify(self))
    }

    /// Every message with its description, handlers, options and place, in an order that does not depend on
    /// how the program was linked.
    #[must_use]
    pub fn catalog(&self) -> Catalog {
        crate::bus::catalog::of(self)
    }
}

/// What the modules on a call's way ask of the bus.
impl Bus {
    #[inline]
    pub(crate) fn table(&self) -> &Table {
        &self.0.table
    }

    pub(crate) fn layered(&self) -> &Table {
        &self.0.layered
    }

    pub(crate) fn recordings(&self) -> &[Recording] {
        &self.0.parts.recordings
    }

    pub(crate) fn behaviors(&self) -> &Behaviors {
        &self.0.parts.behaviors
    }

    /// The idempotent calls that are under way.
    pub(crate) fn flights(&self) -> &Flights<LedgerKey> {
        &self.0.flights
    }

    pub(crate) fn floors(&self) -> &Floors {
        &self.0.floors
    }

    /// What is kept of a query's answers.
    #[cfg(feature = "cache")]
    pub(crate) fn answers(&self, query: &MessageInfo, cache: &Cache) -> Arc<Answers> {
        let cell = self.0.answers.cell(query.slot.index());
        let kept = cell.get_or_init(|| Arc::new(Answers::new(cache, self.floors().raised_by(cache.invalidated_by))));
        // Nobody else puts anything there.
        kept.clone().downcast().unwrap_or_else(|_| Arc::new(Answers::new(cache, self.floors().raised_by(&[]))))
    }

    pub(crate) fn denies_by_default(&self) -> bool {
        self.0.parts.denies_by_default
    }

    /// Whether nobody may send a message that does not say who may.
    pub(crate) fn denies(&self, message: &MessageInfo) -> bool {
        self.denies_by_default()
            && message.kind != MessageKind::Event
            && matches!(message.pipeline.access(), Access::Undeclared)
    }

    pub(crate) fn container(&self) -> &Container {
        &self.0.parts.container
    }

    pub(crate) fn delivery(&self) -> &Deliveries {
        &self.0.parts.deliveries
    }

    pub(crate) fn default_unit(&self) -> Option<OpenUnit> {
        match &self.0.parts.store {
            Some(store) => Some(store.info.unit),
            None => self.0.parts.unit.map(|(open, _)| open),
        }
    }

    pub(crate) fn default_unit_opening(&self) -> Option<Opening> {
        self.store_opening().or(self.0.parts.unit.map(|(_, opening)| opening))
    }

    /// The store that is provided, if one is.
    pub(crate) fn bus_store(&self) -> Option<&BusStore> {
        self.0.parts.store.as_ref()
    }

    /// What runs the subscriptions of this bus.
    pub(crate) fn subscribers(&self) -> &Subscribers {
        &self.0.subscribers
    }

    /// Rows of the audit trail that no unit of work has written.
    pub(crate) fn audit_buffer(&self) -> &AuditBuffer {
        &self.0.audit
    }

    pub(crate) fn commit_grace(&self) -> Duration {
        self.0.parts.commit_grace
    }

    pub(crate) fn names(&self) -> &HashMap<&'static str, Vec<&'static MessageInfo>> {
        &self.0.parts.names
    }

    /// The closure that a builder registered for a contract.
    pub(crate) fn closure(&self, contract: &MessageInfo) -> Option<&Wired> {
        self.0.parts.contracts.get(&contract.type_id)
    }

    pub(crate) fn stands_in(&self, contract: &MessageInfo) -> bool {
        self.closure(contract).is_some()
    }

    /// Whether a builder registered a handler for the message.
    pub(crate) fn registered(&self, message: &MessageInfo) -> bool {
        self.stands_in(message) || self.delivery().handles_by_hand(message)
    }

    /// Counts a call in a task of its own as under way until the guard is dropped.
    pub(crate) fn busy(&self) -> Busy {
        self.0.busy.enter()
    }

    pub(crate) async fn idle(&self) {
        self.0.busy.idle().await;
    }

    pub(crate) fn set_closed(&self, closed: bool) {
        self.0.closed.store(closed, Ordering::SeqCst);
    }

    /// Whether the shutdown has not begun.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        !self.0.closed.load(Ordering::Relaxed)
    }

    /// Refuses a call from outside after the shutdown has begun.
    #[inline]
    pub(crate) fn admits(&self, handler: &'static HandlerInfo) -> Result<(), Fault> {
        if self.is_open() { Ok(()) } else { Err(shut_down(handler)) }
    }

    /// The message of this name.
    pub(crate) fn named(&self, name: &str) -> Result<&'static MessageInfo, Fault> {
        match self.names().get(name).map(Vec::as_slice) {
            Some([message]) => Ok(message),
            Some([_, _, ..]) => {
                Err(Fault::wiring(format!("two messages are named `{name}`; `Bus::verify` tells which")))
            }
            _ => Err(Fault::not_found(crate::bus::catalog::unknown_name(self, name))),
        }
    }
}

#[cold]
fn shut_down(handler: &'static HandlerInfo) -> Fault {
    Fault::unavailable("the bus is shutting down and takes no more calls").at(handler.site())
}

impl std::fmt::Debug for Bus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bus").finish_non_exhaustive()
    }
}
