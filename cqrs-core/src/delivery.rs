//! Delivery in memory: events to their handlers and the outbox's commands to theirs, after the commit.
//!
//! Each handler of an event has a queue of its own, so that what fails or is slow stops nobody else, and gets
//! its events in the order of the commits. The methods of one type share a queue: a read model that follows
//! several events sees them all in that order. What waits is bounded: a commit whose events find no room waits,
//! *before* it begins. Whatever is not handled when the process ends is gone; a store's log is what keeps it.

use std::any::TypeId;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use tokio::sync::{Mutex as OrderLock, Notify, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::ambient::{self, Phase, Running};
use crate::bus::Bus;
use crate::busy::{Busy, Counter};
use crate::call::{Call, Given};
use crate::container::Shared;
use crate::context::Context;
use crate::dispatch::{BoxFuture, Start};
use crate::event_meta::EventMeta;
use crate::events::Raised;
use crate::fault::{BoxError, DispatchError, Fault, Place, with_sources};
use crate::handler::{EventReturned, Handler, HandlerInfo};
use crate::message::{Message, MessageInfo, kind};
use crate::panic::CatchPanic;
use crate::principal::Principal;
use crate::task::Guarded;
use crate::unit::{Records, Scope};

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

/// How a handler is called with an event.
pub(crate) type Deliver = Arc<dyn for<'a> Fn(Delivery<'a>) -> BoxFuture<'a, Result<(), Failure>> + Send + Sync>;

/// The deliveries of one bus.
pub(crate) struct Deliveries {
    by_event: HashMap<TypeId, Vec<Subscription>>,
    /// By consumer: a handler, or the type whose methods handle.
    queues: HashMap<&'static str, Arc<Queue>>,
    outbox: Arc<Queue>,
    room: Arc<Semaphore>,
    capacity: usize,
    order: Arc<OrderLock<()>>,
    pending: Counter,
    /// A pump went down with its runtime and has left something waiting.
    stalled: Arc<Notify>,
}

/// A handler of an event, and where its events wait.
struct Subscription {
    queue: Arc<Queue>,
    handler: Arc<EventHandler>,
}

struct EventHandler {
    info: &'static HandlerInfo,
    deliver: Deliver,
}

#[derive(Default)]
struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Arc<Job>>,
    pumped: bool,
}

/// What waits in a queue.
struct Job {
    what: What,
    call: Context,
    /// What is `Bus::global()` for the call that handed it on.
    global: Option<Bus>,
    _room: Option<OwnedSemaphorePermit>,
    _pending: Busy,
}

enum What {
    Event { raised: Raised, meta: EventMeta, handler: Arc<EventHandler> },
    Command { message: &'static MessageInfo, payload: Vec<u8>, key: Arc<str> },
}

/// A transient fault is tried again this often in memory, each time after twice the pause.
const RETRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(10);

impl Deliveries {
    pub(crate) fn new(capacity: usize) -> Self {
        let capacity = capacity.min(Semaphore::MAX_PERMITS);
        Deliveries {
            by_event: HashMap::new(),
            queues: HashMap::new(),
            outbox: Arc::default(),
            room: Arc::new(Semaphore::new(capacity)),
            capacity,
            order: Arc::default(),
            pending: Counter::default(),
            stalled: Arc::default(),
        }
    }

    pub(crate) fn subscribe(&mut self, info: &'static HandlerInfo, deliver: Deliver) {
        let queue = self.queues.entry(info.consumer).or_default().clone();
        let handler = Arc::new(EventHandler { info, deliver });
        self.by_event.entry((info.message)().type_id).or_default().push(Subscription { queue, handler });
    }

    /// A commit's turn: room for what it hands on, and its place in the order of commits.
    pub(crate) async fn turn(&self, bus: &Bus, records: &Records) -> Result<Turn, Fault> {
        if records.is_empty() {
            return Ok(Turn(None));
        }
        let call = ambient::context();
        let commands = records.commands.iter().map(|sent| sent.to_json()).collect::<Result<Vec<_>, Fault>>()?;
        let room = self.reserve(records, &call).await?;
        let order = self.order.clone().lock_owned().await;
        Ok(Turn(Some(Reserved { bus: bus.clone(), call, commands, room, _order: order })))
    }

    fn subscriptions(&self, raised: &Raised) -> &[Subscription] {
        self.by_event.get(&raised.info.type_id).map_or(&[], Vec::as_slice)
    }

    async fn reserve(&self, records: &Records, call: &Context) -> Result<Option<OwnedSemaphorePermit>, Fault> {
        let jobs = records.commands.len()
            + records.events.iter().map(|raised| self.subscriptions(raised).len()).sum::<usize>();
        if jobs == 0 {
            return Ok(None);
        }
        let room = self.room.clone();
        let permits = match u32::try_from(jobs) {
            Ok(permits) if jobs <= self.capacity => permits,
            _ => {
                return Err(Fault::wiring(format!(
                    "this call hands on {jobs} deliveries at once, and the bus holds {} in memory; raise fewer, or give \
                     the builder a larger `queue_capacity`",
                    self.capacity
                )));
            }
        };
        if call.is_delivery() {
            // A delivery that waits for room may be what the room waits for.
            return room.try_acquire_many_owned(permits).map(Some).map_err(|_| {
                Fault::unavailable(format!("{} deliveries wait in memory and there is no room for more", self.capacity))
            });
        }
        // The semaphore is never closed.
        Ok(room.acquire_many_owned(permits).await.ok())
    }

    /// Waits until everything handed on so far is handled; what a dead runtime left waiting goes on on this one.
    pub(crate) async fn settled(&self, bus: &Bus) {
        loop {
            // Asked for before the queues are looked at, so that a pump that goes down in between is not missed.
            let mut stalled = std::pin::pin!(self.stalled.notified());
            for queue in self.queues.values().chain([&self.outbox]) {
                queue.pump(bus);
            }
            let mut idle = std::pin::pin!(self.pending.idle());
            let settled = std::future::poll_fn(|cx| match idle.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(true),
                Poll::Pending => stalled.as_mut().poll(cx).map(|()| false),
            });
            if settled.await {
                return;
            }
        }
    }

    pub(crate) fn handles_by_hand(&self, event: &MessageInfo) -> bool {
        let subscriptions = self.by_event.get(&event.type_id).map_or(&[][..], Vec::as_slice);
        subscriptions.iter().any(|subscription| std::ptr::eq(subscription.handler.info, &event.by_hand))
    }

    pub(crate) fn handlers(&self) -> usize {
        self.by_event.values().map(Vec::len).sum()
    }
}

/// Room and order, held from before a commit until its events are handed on.
pub(crate) struct Turn(Option<Reserved>);

struct Reserved {
    bus: Bus,
    call: Context,
    commands: Vec<Vec<u8>>,
    room: Option<OwnedSemaphorePermit>,
    _order: OwnedMutexGuard<()>,
}

impl Turn {
    /// Hands on what a commit has made true.
    pub(crate) fn hand_on(self, records: Records) {
        let Some(Reserved { bus, call, commands, mut room, _order }) = self.0 else { return };
        let deliveries = bus.delivery();
        let raised_at = SystemTime::now();
        let mut place = || room.as_mut().and_then(|room| room.split(1));
        for raised in records.events {
            let meta = EventMeta { event_id: raised.id, name: raised.info.name.into(), raised_at, call: call.clone() };
            for Subscription { queue, handler } in deliveries.subscriptions(&raised) {
                let what = What::Event { raised: raised.clone(), meta: meta.clone(), handler: handler.clone() };
                queue.push(&bus, Job::new(what, &call, place(), deliveries));
            }
        }
        for (n, (sent, payload)) in records.commands.into_iter().zip(commands).enumerate() {
            let key = format!("{}/{}/{n}", call.message_id(), sent.info.name).into();
            let what = What::Command { message: sent.info, payload, key };
            let room = place();
            let wait = sent.not_before.and_then(|at| at.duration_since(SystemTime::now()).ok());
            match wait {
                None => deliveries.outbox.push(&bus, Job::new(what, &call, room, deliveries)),
                Some(wait) => {
                    let (bus, call) = (bus.clone(), call.clone());
                    spawn(async move {
                        tokio::time::sleep(wait).await;
                        let deliveries = bus.delivery();
                        deliveries.outbox.push(&bus, Job::new(what, &call, room, deliveries));
                    });
                }
            }
        }
    }
}

impl Job {
    fn new(what: What, call: &Context, room: Option<OwnedSemaphorePermit>, deliveries: &Deliveries) -> Arc<Self> {
        let global = ambient::global();
        Arc::new(Job { what, call: call.clone(), global, _room: room, _pending: deliveries.pending.enter() })
    }
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(self: &Arc<Self>, bus: &Bus, job: Arc<Job>) {
        self.waiting().jobs.push_back(job);
        self.pump(bus);
    }

    /// Sees to it that somebody works on the queue, if anything waits.
    fn pump(self: &Arc<Self>, bus: &Bus) {
        let mut waiting = self.waiting();
        if waiting.pumped || waiting.jobs.is_empty() {
            return;
        }
        waiting.pumped = true;
        drop(waiting);
        // Made before the task: a runtime that is shut down drops tasks it never polled.
        let pump = Pump { queue: self.clone(), stalled: bus.delivery().stalled.clone(), done: false };
        tokio::spawn(pump.run(bus.clone()));
    }
}

/// Spawns what comes later, in the test's scope if this is one.
fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    match ambient::global() {
        Some(bus) => tokio::spawn(crate::testing::scope(bus, work)),
        None => tokio::spawn(work),
    };
}

/// Works on a queue until it is empty. One that is dropped before, with its runtime, leaves the queue to the
/// next; the job it was at is done again.
struct Pump {
    queue: Arc<Queue>,
    stalled: Arc<Notify>,
    done: bool,
}

impl Pump {
    async fn run(mut self, bus: Bus) {
        while let Some(job) = self.next() {
            // Whatever panics there, be it the event's own `Drop`, the queue goes on with the next job.
            let worked = CatchPanic(AssertUnwindSafe(Box::pin(job.work(&bus)))).await;
            let dropped = catch_unwind(AssertUnwindSafe(|| {
                let done = self.queue.waiting().jobs.pop_front();
                drop((job, done));
            }));
            for payload in [worked.err(), dropped.err()].into_iter().flatten() {
                let fault = Fault::panic("a delivery", &*payload);
                tracing::error!(error = %fault, "gave up on a delivery; it was in memory, so it is lost");
            }
        }
        self.done = true;
    }

    fn next(&self) -> Option<Arc<Job>> {
        let mut waiting = self.queue.waiting();
        let next = waiting.jobs.front().cloned();
        waiting.pumped = next.is_some();
        next
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        if !self.done {
            self.queue.waiting().pumped = false;
            self.stalled.notify_waiters();
        }
    }
}

impl Job {
    /// Works it off, whatever comes of it.
    async fn work(&self, bus: &Bus) {
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
                let actor = Principal::system(handler.info.place.path);
                let context = Context::of_call(Some(self.call.delivery(actor, None)), None);
                let running = Running { handler: handler.info, phase: Phase::NoUnit };
                let ambient = ambient::Ambient { running, context: Some(context.clone()) };
                let delivery = (handler.deliver)(Delivery { bus, raised, meta, context });
                let guarded = Guarded::new(delivery, ambient, self.global.clone());
                guarded.await.unwrap_or_else(|fault| Err(fault.into()))
            }
            What::Command { message, payload, key } => {
                let options = self.call.delivery(Principal::system("outbox"), Some(key.clone()));
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
fn chain(failure: &Failure) -> String {
    match failure {
        DispatchError::Rejected(error) => with_sources(&**error),
        DispatchError::Fault(fault) => with_sources(fault),
    }
}

/// Calls handler `H` with a clone of the event.
pub(crate) fn deliver<C, H>(delivery: Delivery<'_>) -> BoxFuture<'_, Result<(), Failure>>
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
        ambient::phase(phase);
        let (given, scope) = {
            let running = Running { handler: H::info(), phase };
            let call = Call::delivered(bus, running, context, Some(meta));
            (H::Given::read(&call).map_err(|fault| fault.at(H::info().site()))?, Scope::new(&call))
        };
        crate::task::unit::<C, H>(&shared, scope, given, event).await
    })
}
