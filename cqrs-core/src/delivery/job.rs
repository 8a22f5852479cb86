//! One delivery: an event on its way to one handler, or a command on its way out of an outbox.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use crate::bus::Bus;
use crate::call::ambient::{self, Phase, Running};
use crate::call::begin::Start;
use crate::call::busy::Busy;
use crate::call::context::{Context, Options};
use crate::call::guarded::Guarded;
use crate::call::ids::MessageId;
use crate::call::marks::Derives;
use crate::call::observe::{self, Observation};
use crate::call::principal::Principal;
use crate::call::{Call, Given};
use crate::container::Shared;
use crate::delivery::Deliveries;
use crate::delivery::event_meta::EventMeta;
use crate::future::BoxFuture;
use crate::handler::{EventReturned, Handler, HandlerInfo};
use crate::message::{Message, MessageInfo, kind};
use crate::pipeline::behavior::Around;
use crate::pipeline::next::{Attempt, Inner, Next};
use crate::pipeline::outcome::Outcome;
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::{BoxError, Fault, Place, with_sources};
use crate::store::changes::Advance;
use crate::unit::Scope;
use crate::unit::events::Raised;

/// How the handler of an event failed.
pub(crate) type Failure = DispatchError<BoxError>;

/// One event on its way to one handler.
#[derive(Clone)]
pub struct Delivery<'a> {
    pub(crate) bus: &'a Bus,
    pub(crate) raised: &'a Raised,
    pub(crate) meta: &'a EventMeta,
    pub(crate) context: Context,
}

impl Delivery<'_> {
    /// A copy of the event for its handler.
    pub(crate) fn event<C: Clone + 'static>(&self) -> Option<C> {
        self.raised.event.downcast_ref::<C>().cloned()
    }
}

/// How a handler is called with an event: what its resources record is staged in the scope, and not committed.
pub(crate) type Deliver =
    Arc<dyn for<'a> Fn(Delivery<'a>, &'a mut Scope) -> BoxFuture<'a, Result<(), Failure>> + Send + Sync>;

/// A handler of an event.
pub(crate) struct EventHandler {
    pub(crate) info: &'static HandlerInfo,
    pub(crate) deliver: Deliver,
}

/// What is to be written in the commit of an event's unit of work, besides what its handler writes.
#[derive(Clone, Default)]
pub(crate) struct Along {
    pub(crate) checkpoint: Option<Advance>,
    /// The dead letter that this delivery resolves.
    pub(crate) unparked: Option<(Arc<str>, MessageId)>,
    written: Arc<AtomicBool>,
}

impl Along {
    pub(crate) fn new(checkpoint: Option<Advance>, unparked: Option<(Arc<str>, MessageId)>) -> Self {
        Along { checkpoint, unparked, written: Arc::default() }
    }

    /// Whether it was: a behavior may have answered instead of the handler.
    pub(crate) fn is_written(&self) -> bool {
        self.written.load(Ordering::Relaxed)
    }
}

impl EventHandler {
    /// Handles an event in a unit of work of its own, and commits that.
    async fn handle(&self, delivery: Delivery<'_>, along: Option<Along>) -> Result<(), Failure> {
        let call = Call::delivered(
            delivery.bus,
            Running { handler: self.info, phase: Phase::NoUnit },
            delivery.context.clone(),
            Some(delivery.meta),
        );
        let mut scope = Scope::new(&call);
        (self.deliver)(delivery, &mut scope).await?;
        if let Some(Along { checkpoint, unparked, .. }) = &along {
            let others = scope.records.others();
            others.checkpoint.clone_from(checkpoint);
            others.unparked.extend(unparked.clone());
        }
        scope.commit().await.map_err(|fault| fault.at(self.info.site()))?;
        if let Some(along) = along {
            along.written.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Handles an event inside of the behaviors, and of everything that a call is inside of. What is to be written with
    /// the handler's unit of work goes `along`.
    pub(crate) async fn attempt(
        self: &Arc<Self>,
        bus: &Bus,
        raised: &Raised,
        meta: &EventMeta,
        options: Options,
        global: Option<Bus>,
        along: Option<Along>,
    ) -> Result<(), Failure> {
        let context = Context::of_call(Some(options), None);
        let observation = observe::is_on().then(|| Observation::of(self.info, &context));
        let running = Running { handler: self.info, phase: Phase::NoUnit };
        let ambient = ambient::Ambient { running, context: Some(context.clone()) };
        let behaviors: Vec<_> = bus.behaviors().around(raised.info).cloned().collect();
        let work: BoxFuture<'_, Result<(), Failure>> = if behaviors.is_empty() {
            let handler = self.clone();
            Box::pin(async move { handler.handle(Delivery { bus, raised, meta, context }, along).await })
        } else {
            let handling = Handling { raised: raised.clone(), meta: meta.clone(), handler: self.clone(), along };
            Box::pin(handling.inside_of(behaviors, bus, running, context))
        };
        let guarded = Guarded::new(work, ambient, global, bus.commit_grace());
        let answer = match observation {
            Some(observation) => observation.watch(guarded, observe::tell_delivery).await,
            None => guarded.await,
        };
        // A read model that follows the event has it by now; what was read from that before is old.
        bus.floors().raise(raised.info);
        answer.unwrap_or_else(|fault| Err(fault.into()))
    }
}

/// What waits in a queue.
pub(crate) struct Job {
    what: What,
    call: Context,
    /// What is `Bus::global()` for the call that handed it on.
    global: Option<Bus>,
    _room: Option<OwnedSemaphorePermit>,
    _pending: Busy,
}

/// What is to be done.
pub(crate) enum What {
    Event { raised: Raised, meta: EventMeta, handler: Arc<EventHandler> },
    Command { message: &'static MessageInfo, payload: Vec<u8>, key: Arc<str> },
}

/// A transient fault is tried again this often in memory, each time after twice the pause.
const RETRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(10);

impl Job {
    pub(crate) fn new(
        what: What,
        call: &Context,
        room: Option<OwnedSemaphorePermit>,
        deliveries: &Deliveries,
    ) -> Arc<Self> {
        let global = ambient::global();
        Arc::new(Job { what, call: call.clone(), global, _room: room, _pending: deliveries.pending.enter() })
    }
}

impl Job {
    /// Works it off, whatever comes of it.
    pub(crate) async fn work(&self, bus: &Bus) {
        let mut pause = FIRST_PAUSE;
        for tried in 0.. {
            let failure = match self.attempt(bus).await {
                Ok(()) => return,
                Err(failure) => failure,
            };
            let again = tried < RETRIES && failure.fault().is_some_and(Fault::is_transient);
            let (name, place) = (self.what.name(), self.what.place());
            if !again {
                tracing::error!(
                    message_name = name, handler = %place, tries = tried + 1, error = %chain(&failure),
                    "gave up on `{name}` in {place}; it was delivered in memory, so it is lost for this handler",
                );
                return;
            }
            tracing::warn!(message_name = name, handler = %place, error = %chain(&failure), "trying again in {pause:?}");
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    async fn attempt(&self, bus: &Bus) -> Result<(), Failure> {
        match &self.what {
            What::Event { raised, meta, handler } => {
                let subscription = handler.info.subscription.name;
                let options = Options {
                    derives: Some(Derives::new(handler.info, raised.id)),
                    ..self.call.delivery(Principal::system(subscription), None)
                };
                handler.attempt(bus, raised, meta, options, self.global.clone(), None).await
            }
            What::Command { message, payload, key } => {
                let options = self.call.delivery(self.call.sender(), Some(key.clone()));
                let Some(wire) = &message.wire else {
                    return Err(Fault::internal("a command in the outbox cannot be sent by name").into());
                };
                let sent = wire.dispatch(bus, payload, Some(Arc::new(options)));
                let answer = match &self.global {
                    Some(global) => crate::testing::scope(global.clone(), sent).await,
                    None => sent.await,
                };
                match answer {
                    Ok(_) => Ok(()),
                    Err(error) => Err(error.map_rejection(Into::into)),
                }
            }
        }
    }
}

/// An event on its way to one handler, as behaviors see it.
#[derive(Clone)]
struct Handling {
    raised: Raised,
    meta: EventMeta,
    handler: Arc<EventHandler>,
    along: Option<Along>,
}

impl Handling {
    async fn inside_of(
        self,
        behaviors: Vec<Arc<Around>>,
        bus: &Bus,
        running: Running,
        context: Context,
    ) -> Result<(), Failure> {
        for behavior in &behaviors {
            bus.container().prepare(bus, behavior.needs).await.map_err(|fault| fault.at(behavior.place))?;
        }
        let meta = self.meta.clone();
        let call = Call::delivered(bus, running, context.clone(), Some(&meta));
        let attempt = Attempt { bus: bus.clone(), running, context, recorder: None };
        let judge = |outcome: Outcome| outcome.judged_as::<(), BoxError>(|()| true, |error| Some(sort(error)));
        Next::new(&call, &behaviors, Box::new(self), attempt, judge).run().await.dispatched()
    }
}

/// An error that is, or holds, a fault is one, whoever returned it.
fn sort(error: BoxError) -> Result<(), Failure> {
    Err(Fault::inside(error).map_or_else(DispatchError::Rejected, DispatchError::Fault))
}

impl Inner for Handling {
    fn message(&self) -> &(dyn Any + Send + Sync) {
        &*self.raised.event
    }

    fn again(&self) -> Option<Box<dyn Inner>> {
        Some(Box::new(self.clone()))
    }

    fn run(self: Box<Self>, attempt: Attempt) -> BoxFuture<'static, Outcome> {
        Box::pin(async move {
            let Handling { raised, meta, handler, along } = *self;
            let delivery = Delivery { bus: &attempt.bus, raised: &raised, meta: &meta, context: attempt.context };
            Outcome::of_types(handler.handle(delivery, along).await, |()| true)
        })
    }
}

impl What {
    fn name(&self) -> &'static str {
        match self {
            What::Event { raised, .. } => raised.info.name,
            What::Command { message, .. } => message.name,
        }
    }

    fn place(&self) -> Place {
        match self {
            What::Event { handler, .. } => handler.info.place,
            What::Command { message, .. } => message.place,
        }
    }
}

/// A failure with its sources, in one line.
pub(crate) fn chain(failure: &Failure) -> String {
    match failure {
        DispatchError::Rejected(error) => with_sources(&**error),
        DispatchError::Fault(fault) => with_sources(fault),
    }
}

/// Calls handler `H` with a clone of the event: a [`Deliver`].
pub(crate) fn deliver<'a, C, H>(delivery: Delivery<'a>, scope: &'a mut Scope) -> BoxFuture<'a, Result<(), Failure>>
where
    C: Message<Kind = kind::Event, Output = (), Returns = EventReturned, Error = BoxError> + Clone,
    H: Handler<C>,
{
    Box::pin(async move {
        let Some(event) = delivery.event::<C>() else {
            return Err(Fault::internal("an event came to the handler of another one").into());
        };
        let Delivery { bus, meta, context, .. } = delivery;
        bus.container().prepare(bus, H::Shared::NEEDS).await.map_err(|fault| fault.at(H::info().site()))?;
        let shared = H::Shared::assemble(bus.container())?;
        let phase = <H::Opened as Start<C>>::PHASE;
        if !H::info().subscription.inline {
            ambient::phase(phase);
        }
        let given = {
            let running = Running { handler: H::info(), phase };
            let call = Call::delivered(bus, running, context, Some(meta));
            H::Given::read(&call).map_err(|fault| fault.at(H::info().site()))?
        };
        crate::unit::work::handle::<C, H>(&shared, scope, given, event).await
    })
}
