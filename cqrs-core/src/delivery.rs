//! Delivery in memory: events to their handlers and the outbox's commands to theirs, after the commit.
//!
//! Each handler of an event has a queue of its own, so that what fails or is slow stops nobody else, and gets
//! its events in the order of the commits. The methods of one type share a queue: a read model that follows
//! several events sees them all in that order. What waits is bounded: a commit whose events find no room waits,
//! *before* it begins. Whatever is not handled when the process ends is gone; a store's log is what keeps it, and a bus
//! that has a store delivers only what is transient from here.

pub(crate) mod event_meta;
pub(crate) mod event_unit;
pub(crate) mod job;
pub(crate) mod queue;

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::{Mutex as OrderLock, Notify, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::bus::Bus;
use crate::call::ambient;
use crate::call::busy::Counter;
use crate::call::context::Context;
use crate::delivery::event_meta::EventMeta;
use crate::delivery::job::{Deliver, EventHandler, Job, What};
use crate::delivery::queue::Queue;
use crate::handler::HandlerInfo;
use crate::message::MessageInfo;
use crate::result::fault::Fault;
use crate::store::records::Records;
use crate::subscription::Delivering;
use crate::unit::events::Raised;

/// The deliveries of one bus.
pub(crate) struct Deliveries {
    by_event: HashMap<TypeId, Vec<Queued>>,
    /// By consumer: a handler, or the type whose methods handle.
    queues: HashMap<&'static str, Arc<Queue>>,
    outbox: Arc<Queue>,
    room: Arc<Semaphore>,
    capacity: usize,
    order: Arc<OrderLock<()>>,
    /// Handlers that run inside of the unit of work that raises their event.
    inline: HashMap<TypeId, Vec<Arc<EventHandler>>>,
    /// By subscription: what gets its events from a store, where the bus has one.
    durable: BTreeMap<&'static str, Vec<Arc<EventHandler>>>,
    has_store: bool,
    pub(crate) delivering: Delivering,
    pub(crate) pending: Counter,
    /// A pump went down with its runtime and has left something waiting.
    pub(crate) stalled: Arc<Notify>,
}

/// A handler of an event, and where its events wait in memory.
struct Queued {
    queue: Arc<Queue>,
    handler: Arc<EventHandler>,
}

impl Deliveries {
    pub(crate) fn new(capacity: usize, has_store: bool, delivering: Delivering) -> Self {
        let capacity = capacity.min(Semaphore::MAX_PERMITS);
        Deliveries {
            by_event: HashMap::new(),
            queues: HashMap::new(),
            outbox: Arc::default(),
            room: Arc::new(Semaphore::new(capacity)),
            capacity,
            order: Arc::default(),
            inline: HashMap::new(),
            durable: BTreeMap::new(),
            has_store,
            delivering,
            pending: Counter::default(),
            stalled: Arc::default(),
        }
    }

    pub(crate) fn subscribe(&mut self, info: &'static HandlerInfo, deliver: Deliver) {
        let event = (info.message)();
        let handler = Arc::new(EventHandler { info, deliver });
        if info.subscription.inline {
            self.inline.entry(event.type_id).or_default().push(handler);
        } else if self.has_store && event.stored.is_some() {
            self.durable.entry(info.subscription.name).or_default().push(handler);
        } else {
            let queue = self.queues.entry(info.consumer).or_default().clone();
            self.by_event.entry(event.type_id).or_default().push(Queued { queue, handler });
        }
    }

    /// Whether any handler runs inside of the unit of work that raises its event.
    pub(crate) fn has_inline(&self) -> bool {
        !self.inline.is_empty()
    }

    /// Those of an event that do.
    pub(crate) fn inline(&self, event: &MessageInfo) -> &[Arc<EventHandler>] {
        self.inline.get(&event.type_id).map_or(&[], Vec::as_slice)
    }

    /// The handlers that get their events from a store, by subscription.
    pub(crate) fn durable(&self) -> &BTreeMap<&'static str, Vec<Arc<EventHandler>>> {
        &self.durable
    }

    /// A commit's turn: room for what it hands on in memory, and its place in the order of commits. A call that may hold
    /// the store meanwhile does not wait for room.
    pub(crate) async fn turn<'a>(&self, bus: &'a Bus, records: &'a Records, holds: bool) -> Result<Turn<'a>, Fault> {
        if records.events.is_empty() && records.commands.is_empty() {
            return Ok(Turn(None));
        }
        let call = ambient::context();
        let commands = match self.has_store {
            // They are in the store, and come from there.
            true => Vec::new(),
            false => records.commands.iter().map(|sent| sent.to_json()).collect::<Result<Vec<_>, Fault>>()?,
        };
        let room = self.reserve(records, commands.len(), holds || call.is_delivery()).await?;
        // A store gives positions in the order of its commits; to wait for each other would be to commit one by one.
        let order = match self.has_store {
            true => None,
            false => Some(self.order.clone().lock_owned().await),
        };
        let raising = Raising { bus, records };
        Ok(Turn(Some(Reserved { raising, call, commands, room, _order: order })))
    }

    fn subscriptions(&self, raised: &Raised) -> &[Queued] {
        self.by_event.get(&raised.info.type_id).map_or(&[], Vec::as_slice)
    }

    async fn reserve(
        &self,
        records: &Records,
        commands: usize,
        at_once: bool,
    ) -> Result<Option<OwnedSemaphorePermit>, Fault> {
        let jobs = commands + records.events.iter().map(|raised| self.subscriptions(raised).len()).sum::<usize>();
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
        if at_once {
            // A delivery, or who holds the writer, may be what the room waits for.
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
        let queued = self.by_event.get(&event.type_id).into_iter().flatten().map(|queued| &queued.handler);
        let mut all = queued.chain(self.durable.values().flatten());
        all.any(|handler| std::ptr::eq(handler.info, &event.by_hand))
    }

    /// How many handlers get events from memory.
    pub(crate) fn handlers(&self) -> usize {
        self.by_event.values().map(Vec::len).sum()
    }
}

/// Room and order, held from before a commit until its events are handed on.
pub(crate) struct Turn<'a>(Option<Reserved<'a>>);

struct Reserved<'a> {
    raising: Raising<'a>,
    call: Context,
    commands: Vec<Vec<u8>>,
    room: Option<OwnedSemaphorePermit>,
    _order: Option<OwnedMutexGuard<()>>,
}

/// Raises the floors of cached answers when the turn is over, whatever came of the commit: one that is loaded again
/// for nothing does no harm, and one that is old does.
struct Raising<'a> {
    bus: &'a Bus,
    records: &'a Records,
}

impl Drop for Raising<'_> {
    fn drop(&mut self) {
        self.records.events.iter().for_each(|raised| self.bus.floors().raise(raised.info));
    }
}

impl Turn<'_> {
    /// Hands on what a commit has made true.
    pub(crate) fn hand_on(self) {
        let Some(Reserved { raising, call, commands, mut room, _order }) = self.0 else { return };
        let (bus, records) = (raising.bus, raising.records);
        let deliveries = bus.delivery();
        let raised_at = records.recorded_at().unwrap_or_else(|| bus.now());
        let mut place = || room.as_mut().and_then(|room| room.split(1));
        for raised in &records.events {
            let subscriptions = deliveries.subscriptions(raised);
            // What comes from a store has none here.
            if subscriptions.is_empty() {
                continue;
            }
            let meta = EventMeta::of(raised, raised_at, &call);
            for Queued { queue, handler } in subscriptions {
                let what = What::Event { raised: raised.clone(), meta: meta.clone(), handler: handler.clone() };
                queue.push(bus, Job::new(what, raised.call.as_ref().unwrap_or(&call), place(), deliveries));
            }
        }
        for (n, (sent, payload)) in records.commands.iter().zip(commands).enumerate() {
            let key =
                sent.key.clone().unwrap_or_else(|| format!("{}/{}/{n}", call.message_id(), sent.info.name).into());
            let what = What::Command { message: sent.info, payload, key };
            let room = place();
            let wait = sent.not_before.and_then(|at| at.duration_since(bus.now()).ok());
            match wait {
                None => deliveries.outbox.push(bus, Job::new(what, &call, room, deliveries)),
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

/// Spawns what comes later, in the test's scope if this is one.
fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    match ambient::global() {
        Some(bus) => tokio::spawn(crate::testing::scope(bus, work)),
        None => tokio::spawn(work),
    };
}
