//! The unit of work: what a call writes is committed once, by the unit, or not at all.

pub(crate) mod events;
pub(crate) mod in_memory;
pub(crate) mod inline;
pub(crate) mod outbox;
pub(crate) mod resource;
pub(crate) mod work;

use std::any::{Any, TypeId, type_name};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::bus::Bus;
use crate::call::Call;
use crate::call::ambient::{self, Phase, Running};
use crate::call::context::Context;
use crate::container::Dependency;
use crate::delivery::event_meta::EventMeta;
use crate::future::BoxFuture;
use crate::handler::need::{Need, Opening};
use crate::message::stream::StreamId;
use crate::pipeline::idempotency::Recorder;
use crate::pipeline::ledger::{Ledger, LedgerEntry};
use crate::result::fault::{Fault, FaultKind, Place, with_sources};
use crate::store::audit::{AuditEntry, AuditOutcome};
use crate::store::changes::Expected;
use crate::store::records::Records;
use crate::unit::events::Raised;

/// A transaction of one store, of which a call has one: everything the call writes is in it.
///
/// A store implements it, and [`Resource`](crate::Resource) for what handlers write through. Nobody but the bus
/// commits: after the handler's success, once. Rolling back is dropping.
#[diagnostic::on_unimplemented(message = "`{Self}` is not a unit of work", label = "not a `UnitOfWork`")]
pub trait UnitOfWork: Sized + Send + 'static {
    /// The shared dependency that opens it, such as a connection pool. `()` is always there.
    type Store: Dependency;

    /// Begins it.
    ///
    /// # Errors
    /// A fault; nothing happened.
    fn open(store: &Arc<Self::Store>) -> impl Future<Output = Result<Self, Fault>> + Send;

    /// Writes what the call's buffers recorded and commits it, with everything else the unit holds, at once.
    ///
    /// # Errors
    /// A fault. Its [effect](Fault::effect) says whether nothing happened or nobody knows; nothing is delivered
    /// in either case.
    fn commit(self, records: &Records) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// What belongs to one call with resources: its context, its one unit of work, and what its buffers recorded.
pub struct Scope {
    pub(crate) bus: Bus,
    pub(crate) running: Running,
    /// Of a handler of an event.
    pub(crate) event: Option<Box<EventMeta>>,
    /// What the message that is handled is about.
    pub(crate) stream: Option<StreamId>,
    unit: Option<Opened>,
    pub(crate) records: Records,
    /// When the call's work began, where an audit trail says so.
    began: Option<(SystemTime, Instant)>,
    /// Whether the answer may rest on what others have written and not yet committed: it waits for that too.
    rests_on_others: bool,
    /// Of an idempotent call with a key.
    recorder: Option<Arc<Recorder>>,
    /// How many of the events have been to their inline handlers.
    pub(crate) inlined: usize,
    /// What providers for this call are at work on, so that none waits for itself.
    pub(crate) making: Vec<TypeId>,
}

/// The outcome of an idempotent call, to be recorded with what the call writes.
pub(crate) struct Entry {
    ledger: Arc<dyn Ledger>,
    entry: LedgerEntry,
}

impl Entry {
    /// In a box, so that a call that records nothing has no room for it.
    pub(crate) fn stage(self, scope: &mut Scope) -> BoxFuture<'_, Result<(), Fault>> {
        let Entry { ledger, entry } = self;
        Box::pin(async move {
            // First, so that what was raised is in the bus's unit, and a ledger of another store is refused.
            if let Some(open) = scope.default_unit() {
                open(scope).await?;
            }
            ledger.stage(scope, entry).await
        })
    }
}

struct Opened {
    key: TypeId,
    name: &'static str,
    unit: Box<dyn Commit>,
}

/// [`UnitOfWork`] without its type.
trait Commit: Any + Send {
    fn commit<'a>(self: Box<Self>, records: &'a Records) -> BoxFuture<'a, Result<(), Fault>>;
    fn as_any(&mut self) -> &mut dyn Any;
}

impl<U: UnitOfWork> Commit for U {
    fn commit<'a>(self: Box<Self>, records: &'a Records) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(UnitOfWork::commit(*self, records))
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// Opens the unit of calls that name none; see [`Builder::unit`](crate::Builder::unit).
pub(crate) type OpenUnit = for<'a> fn(&'a mut Scope) -> BoxFuture<'a, Result<(), Fault>>;

pub(crate) fn open_unit<U: UnitOfWork>(scope: &mut Scope) -> BoxFuture<'_, Result<(), Fault>> {
    Box::pin(async move { scope.unit::<U>().await.map(|_| ()) })
}

impl Scope {
    pub(crate) fn new(call: &Call<'_>) -> Self {
        let began = call.bus.audited(call.running.message()).then(|| (call.bus.now(), Instant::now()));
        Scope {
            bus: call.bus.clone(),
            running: call.running,
            event: call.event.cloned().map(Box::new),
            stream: None,
            unit: None,
            records: Records::default(),
            began,
            rests_on_others: false,
            recorder: None,
            inlined: 0,
            making: Vec::new(),
        }
    }

    /// The scope of a call whose outcome is recorded with what it writes.
    pub(crate) fn recording(call: &Call<'_>, recorder: Option<Arc<Recorder>>) -> Self {
        Scope { recorder, ..Scope::new(call) }
    }

    /// Where the handler stands, or else the message.
    #[must_use]
    pub fn handler(&self) -> Place {
        self.running.handler.place
    }

    /// The call's context.
    #[must_use]
    pub fn context(&self) -> Context {
        ambient::context()
    }

    /// The call as the parameters by value see it.
    pub(crate) fn as_call(&self) -> Call<'_> {
        Call::delivered(&self.bus, self.running, ambient::context(), self.event.as_deref())
    }

    /// The call's unit of work, opened now if this is the first to ask.
    ///
    /// # Errors
    /// The unit's own fault; or a fault of the wiring, where the store is not provided or the call has a unit of
    /// another type.
    pub async fn unit<U: UnitOfWork>(&mut self) -> Result<&mut U, Fault> {
        if self.unit.is_none() {
            let store = self.dependency::<U::Store>().await?;
            let unit = Box::new(U::open(&store).await?);
            self.unit = Some(Opened { key: TypeId::of::<U>(), name: type_name::<U>(), unit });
        }
        let opened = self.unit.as_mut().ok_or_else(|| Fault::internal("a unit of work that is open is not there"))?;
        if opened.key != TypeId::of::<U>() {
            return Err(Fault::wiring(two_units(opened.name, type_name::<U>())));
        }
        let any = (*opened.unit).as_any();
        any.downcast_mut().ok_or_else(|| Fault::internal("a unit of work is not of its own type"))
    }

    /// A shared dependency, made ready if it is not yet.
    ///
    /// # Errors
    /// A fault of the wiring, or the provider's.
    pub fn dependency<T: ?Sized + Dependency>(&self) -> impl Future<Output = Result<Arc<T>, Fault>> + Send + use<T> {
        let bus = self.bus.clone();
        async move {
            // Nearly always it is there, and `prepare` is a boxed future.
            if let Ok(ready) = bus.container().ready::<T>() {
                return Ok(ready);
            }
            bus.container().prepare(&bus, const { &[Need::of::<T>()] }).await?;
            bus.container().ready::<T>()
        }
    }

    /// A value for this call, from its provider.
    ///
    /// # Errors
    /// A fault of the wiring, or the provider's.
    pub async fn provided<T: Send + 'static>(&mut self) -> Result<T, Fault> {
        let bus = self.bus.clone();
        bus.container().make::<T>(self).await
    }

    /// What is to be recorded of an idempotent call's outcome, a [`Dispatched`](crate::Dispatched).
    pub(crate) fn entry(&self, outcome: &dyn Any) -> Result<Option<Box<Entry>>, Fault> {
        let Some(recorder) = &self.recorder else { return Ok(None) };
        Ok(recorder.entry(outcome)?.map(|entry| Box::new(Entry { ledger: recorder.ledger().clone(), entry })))
    }

    /// Lets the commit fail with a [conflict](crate::FaultKind::Conflict) unless the last event of a stream has this
    /// version then, before anything that this call raises; 0 is that of a stream without events. For resources that
    /// load what they change.
    pub fn expect_version(&mut self, stream: StreamId, version: u64) {
        self.records.others().expected.push(Expected { stream, version });
    }

    /// What is to be written of the outcome in the audit trail, where the bus's store keeps one; a fault is written
    /// elsewhere, since nothing of its call is committed.
    pub(crate) fn audit(&mut self, outcome: AuditOutcome) {
        let Some((started_at, since)) = self.began else { return };
        self.records.others().audit = Some(AuditEntry {
            command: self.running.message().name.into(),
            call: ambient::context(),
            outcome,
            started_at,
            duration: since.elapsed(),
            events: None,
        });
    }

    /// Whether a rejection of this call is written down.
    pub(crate) fn keeps_rejections(&self) -> bool {
        self.began.is_some() || self.unit.is_some() && self.bus.has_store()
    }

    /// Records the one event of a publication, inside of its call.
    pub(crate) fn publish(&mut self, raised: Raised) {
        self.records.events.push(raised.by(&ambient::context(), None));
    }

    /// What follows from this call is the same again when this is: the call itself, or for a handler of an event its
    /// subscription and the event, however often that is delivered.
    pub(crate) fn cause(&self, call: &Context) -> String {
        match &self.event {
            Some(event) => self.running.handler.cause(event.event_id()),
            None => call.message_id().to_string(),
        }
    }

    /// Leaves nothing of what the call has written, to begin anew.
    pub(crate) fn roll_back(&mut self) {
        self.rests_on_others |= self.unit.take().is_some() && self.bus.has_store();
        self.records = Records::default();
        self.inlined = 0;
    }

    /// Where an idempotent call comes to a conflict, waits until the store has committed what that may rest on: who was
    /// first under the same key has its outcome there then, and this call is answered with it.
    pub(crate) async fn await_the_first(&mut self, fault: &Fault) {
        if fault.kind() != FaultKind::Conflict || self.recorder.is_none() {
            return;
        }
        self.roll_back();
        // Nothing is written. What it fails with says no more than the conflict does.
        if let Err(fault) = self.commit().await {
            tracing::debug!(error = %with_sources(&fault), "it is not known what a conflict rests on");
        }
    }

    /// Whether nothing is to be committed.
    fn is_idle(&self) -> bool {
        self.unit.is_none() && self.records.is_empty() && !self.rests_on_others
    }

    /// What opens the bus's unit for what was recorded, where the call has opened none.
    fn default_unit(&self) -> Option<OpenUnit> {
        match self.unit.is_none() && !self.is_idle() {
            true => self.bus.default_unit(),
            false => None,
        }
    }

    /// Calls the inline handlers of what the call that is under way has raised.
    pub(crate) async fn inline(&mut self) -> Result<(), Fault> {
        match self.bus.delivery().has_inline() && self.inlined < self.records.events.len() {
            true => crate::unit::inline::handle(self).await,
            false => Ok(()),
        }
    }

    /// Commits what the call has written, once, and then hands on what its buffers recorded.
    ///
    /// It stays where it is meanwhile: a scope that is moved has a second place in the call's future, which is then no
    /// longer of a size that the allocator keeps at hand.
    pub(crate) async fn commit(&mut self) -> Result<(), Fault> {
        if self.bus.delivery().has_inline() && !self.records.events.is_empty() {
            // In a box, like all that a call seldom does: its future is moved with every call.
            Box::pin(self.inline()).await?;
        }
        if self.is_idle() {
            return Ok(());
        }
        let has_store = self.bus.has_store();
        // What only waits for others carries nothing out, so its command stays in the outbox.
        if has_store
            && (self.unit.is_some() || !self.records.is_empty())
            && let Some(settles) = ambient::context().settles()
        {
            self.records.others().settled = Some(settles.command());
        }
        if let Some(open) = self.default_unit() {
            open(self).await?;
        }
        self.one_store()?;
        if has_store && !self.records.is_empty() {
            self.records.others().recorded_at = Some(self.bus.now());
        }
        let turn = self.bus.delivery().turn(&self.bus, &self.records, has_store && self.unit.is_some()).await?;
        ambient::phase(Phase::Committing);
        if let Some(opened) = self.unit.take() {
            opened.unit.commit(&self.records).await?;
            if self.records.audit().is_some() {
                ambient::context().is_audited();
            }
            if self.records.settled().is_some()
                && let Some(settles) = ambient::context().settles()
            {
                settles.settle();
            }
            if has_store && !(self.records.events.is_empty() && self.records.commands.is_empty()) {
                self.bus.subscribers().warn_unless_running();
            }
        }
        self.bus.recorded(&self.records.events);
        turn.hand_on();
        Ok(())
    }

    /// What the buffers recorded is kept by the store of the bus, so the call's unit is one of that store's.
    fn one_store(&self) -> Result<(), Fault> {
        let (Some(opened), Some(Opening::Unit { unit, .. })) = (&self.unit, self.bus.store_opening()) else {
            return Ok(());
        };
        match opened.key == unit.key || self.records.is_empty() {
            true => Ok(()),
            false => Err(Fault::wiring(two_units(opened.name, &unit.name()))),
        }
    }
}

/// Two units cannot be committed at once, so a call has one.
pub(crate) fn two_units(first: &str, second: &str) -> String {
    format!(
        "a call has one unit of work, and this one has resources of two: `{first}` and `{second}`; write to one of \
         them, and let the other follow from an event or through the outbox"
    )
}
