//! Which subscriptions run in this process, from the start of a bus to its end.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::bus::Bus;
use crate::call::ambient;
use crate::call::ids::MessageId;
use crate::delivery::job::EventHandler;
use crate::future::either;
use crate::result::fault::Fault;
use crate::store::log::Reading;
use crate::store::{Claim, Start, Store};
use crate::subscription::feeds::Feeds;
use crate::subscription::letters::to_be_told;
use crate::subscription::outbox_runner::OutboxRunner;
use crate::subscription::pauses::LONGEST;
use crate::subscription::runner::{Runner, same_log};
use crate::subscription::{Health, OUTBOX};

/// The subscriptions of one bus, as far as this process runs them.
#[derive(Default)]
pub(crate) struct Subscribers {
    running: Mutex<Option<Running>>,
    owner: Mutex<Option<MessageId>>,
    has_warned: AtomicBool,
}

struct Running {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    health: HashMap<Arc<str>, watch::Receiver<Health>>,
}

impl Subscribers {
    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What claims are made by.
    fn owner(&self) -> MessageId {
        *self.owner.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(MessageId::new)
    }

    /// Claims what nobody has yet, so that a subscription that begins now gets what is committed from now on; and asks
    /// whether every checkpoint is one of this log.
    async fn register(&self, bus: &Bus) -> Result<(), Fault> {
        let store = bus.need_store().await?;
        for (name, handlers) in bus.delivery().durable() {
            let checkpoint = match store.checkpoint(name).await? {
                Some(checkpoint) => Some(checkpoint),
                None => store.claim(&claim(bus, (*name).into(), self.owner(), start_of(handlers))).await?,
            };
            if let Some(checkpoint) = checkpoint {
                same_log(&**store, name, &checkpoint).await?;
            }
        }
        Ok(())
    }

    /// Begins to run them on this runtime, unless they run.
    ///
    /// # Errors
    /// A fault of the store, or of a checkpoint that is not of this log.
    pub(crate) async fn start(&self, bus: &Bus) -> Result<(), Fault> {
        self.register(bus).await?;
        self.spawn(bus);
        Ok(())
    }

    fn spawn(&self, bus: &Bus) {
        let mut running = self.running();
        if running.as_ref().is_some_and(|running| running.tasks.iter().any(|task| !task.is_finished())) {
            return;
        }
        let (owner, stop) = (self.owner(), watch::Sender::new(false));
        let (mut tasks, mut health) = (Vec::new(), HashMap::new());
        let global = ambient::global();
        let mut healthy = |name: &str| {
            let (told, asked) = watch::channel(Health::Running);
            health.insert(Arc::from(name), asked);
            told
        };
        for (name, handlers) in bus.delivery().durable() {
            let runner = Runner {
                bus: bus.clone(),
                name: (*name).into(),
                owner,
                start: start_of(handlers),
                feeds: Feeds::new(bus, handlers),
                health: healthy(name),
                stop: stop.subscribe(),
                global: global.clone(),
            };
            tasks.push(tokio::spawn(runner.run()));
        }
        let (health_of_outbox, stop_outbox) = (healthy(OUTBOX), stop.subscribe());
        let outbox = OutboxRunner { bus: bus.clone(), owner, health: health_of_outbox, stop: stop_outbox, global };
        tasks.push(tokio::spawn(outbox.run()));
        *running = Some(Running { stop, tasks, health });
    }

    /// Ends them: each finishes the event it is at, and lets go of its lease.
    pub(crate) async fn stop(&self) {
        let Some(Running { stop, tasks, .. }) = self.running().take() else { return };
        stop.send_replace(true);
        // Who starts before these have ended is somebody else, and waits until they have let go of their leases.
        *self.owner.lock().unwrap_or_else(PoisonError::into_inner) = None;
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a subscription went down");
            }
        }
    }

    /// How one of them is, in this process.
    pub(crate) fn health(&self, name: &str) -> Health {
        let running = self.running();
        let health = running.as_ref().and_then(|running| running.health.get(name));
        health.map_or(Health::Stopped, |health| health.borrow().clone())
    }

    /// The health of one that has not yet seen that it has done what it tried again.
    fn retrying(&self) -> Option<watch::Receiver<Health>> {
        let running = self.running();
        let mut health = running.as_ref()?.health.values();
        // What has gone down does not come to see it.
        health.find(|health| health.has_changed().is_ok() && is_retrying(&health.borrow())).cloned()
    }

    /// Says once that what is kept is not delivered, where nothing delivers it.
    pub(crate) fn warn_unless_running(&self) {
        if !self.has_warned.load(Ordering::Relaxed)
            && self.running().is_none()
            && !self.has_warned.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                "events and commands are kept in the store and not delivered by this process: `Bus::start` has not been \
                 called"
            );
        }
    }
}

fn is_retrying(health: &Health) -> bool {
    matches!(health, Health::Retrying { .. })
}

/// Where a subscription begins that nobody has run yet.
fn start_of(handlers: &[Arc<EventHandler>]) -> Start {
    match handlers.iter().any(|handler| handler.info.subscription.from_start) {
        true => Start::Beginning,
        false => Start::Now,
    }
}

/// A claim of this bus, now.
pub(super) fn claim(bus: &Bus, subscription: Arc<str>, owner: MessageId, start: Start) -> Claim {
    Claim { subscription, owner, now: bus.now(), lease: bus.delivery().delivering.lease, start }
}

/// How long to wait at most before asking the store again, of which no change is told.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How many commands to look at for one that is tried again: they come in the order of their times.
const SOON: usize = 256;

/// Waits until nothing in the store waits for a handler.
pub(crate) async fn settled(bus: &Bus) {
    let mut seen = 0;
    let mut started = false;
    // What was shut down stays so, and what waits in the store then waits for the next start.
    while bus.is_open() {
        started = started || bus.subscribers().start(bus).await.is_ok();
        // A store that does not answer now has nothing settled.
        let Ok(Some(store)) = bus.store().await else {
            tokio::time::sleep(ASK_AGAIN).await;
            continue;
        };
        if started && is_settled(bus, &**store).await.unwrap_or(false) {
            let Some(mut health) = bus.subscribers().retrying() else { return };
            let is_well = health.wait_for(|health| !is_retrying(health));
            drop(tokio::time::timeout(ASK_AGAIN, is_well).await);
            continue;
        }
        seen = either(store.changed(seen), tokio::time::sleep(ASK_AGAIN)).await.unwrap_or(seen);
    }
}

async fn is_settled(bus: &Bus, store: &dyn Store) -> Result<bool, Fault> {
    for (name, handlers) in bus.delivery().durable() {
        let Some(checkpoint) = store.checkpoint(name).await? else { return Ok(false) };
        let names = handlers.iter().map(|handler| (handler.info.message)().name);
        let waiting = store.read(Reading::after(checkpoint.position(), 1).named(names)).await?;
        if !waiting.is_empty() || !to_be_told(store.dead_letters(name).await?).is_empty() {
            return Ok(false);
        }
    }
    // What is tried again later is waited for, and what was sent for later is not.
    let now = bus.now();
    let soon = store.due(now.checked_add(LONGEST).unwrap_or(now), SOON).await?;
    Ok(!soon.iter().any(|queued| queued.attempts > 0 || queued.command.not_before <= now))
}
