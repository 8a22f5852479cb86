//! Runs one subscription: claims it, reads its events and hands them to its handlers, one after the other.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::bus::Bus;
use crate::context::{Derives, Options};
use crate::events::Raised;
use crate::fault::{Fault, FaultKind, with_sources};
use crate::future::either;
use crate::ids::MessageId;
use crate::job::{EventHandler, Failure, chain};
use crate::need::Opening;
use crate::principal::Principal;
use crate::provider::Role;
use crate::store::changes::{Advance, Changes, DeadLetter};
use crate::store::log::{Reading, StoredEvent};
use crate::store::position::Position;
use crate::store::{Checkpoint, Claim, Start, Store};
use crate::stream::StreamId;
use crate::subscription::Health;
use crate::subscription::checkpoints::Checkpoints;
use crate::subscription::failure::is_the_events_own;
use crate::subscription::pauses::Pauses;

/// How many events are read at once.
const PAGE: usize = 256;

/// How many dead letters are told anew before the subscription goes on with the log.
const REPLAYS: usize = 64;

/// One subscription of this bus.
pub(super) struct Runner {
    pub(super) bus: Bus,
    pub(super) name: Arc<str>,
    pub(super) owner: MessageId,
    pub(super) handlers: Vec<Arc<EventHandler>>,
    pub(super) health: watch::Sender<Health>,
    pub(super) stop: watch::Receiver<bool>,
    /// What `Bus::global()` is for its handlers.
    pub(super) global: Option<Bus>,
}

/// Why a session ended without a fault.
enum Ended {
    Stopped,
    /// Another process has the subscription.
    Elsewhere,
}

/// The time in which this process has the subscription, from a claim to its loss.
struct Session<'a> {
    runner: &'a mut Runner,
    store: Arc<dyn Store>,
    checkpoints: Checkpoints,
    /// Up to where everything is handled, or is nothing for these handlers.
    cursor: Option<Position>,
    /// Streams with dead letters: what comes later in them waits behind.
    parked: HashSet<StreamId>,
    /// How many events could not be handled, without those behind them.
    dead: usize,
    claimed: Instant,
    /// What is to be asked of the store's changes.
    seen: u64,
}

impl Runner {
    /// Runs until it is told to stop. What fails is tried again.
    pub(super) async fn run(mut self) {
        let mut pauses = Pauses::new();
        while !*self.stop.borrow() {
            let began = Instant::now();
            let pause = match self.session().await {
                Ok(Ended::Stopped) => break,
                Ok(Ended::Elsewhere) => {
                    self.health.send_replace(Health::Elsewhere);
                    self.bus.delivery().delivering.lease / 2
                }
                Err(fault) => {
                    // One that went well for a while begins anew with the shortest pause.
                    if began.elapsed() > Duration::from_secs(60) {
                        pauses = Pauses::new();
                    }
                    self.unwell(with_sources(&fault));
                    pauses.next()
                }
            };
            self.wait(pause).await;
        }
        if let Ok(Some(store)) = self.bus.store().await
            && let Err(fault) = store.release(&self.name, self.owner).await
        {
            tracing::warn!(subscription = %self.name, error = %with_sources(&fault), "the subscription's lease runs on");
        }
        self.health.send_replace(Health::Stopped);
    }

    fn unwell(&self, error: String) {
        tracing::warn!(subscription = %self.name, error, "the subscription cannot go on now, and tries again");
        self.health.send_replace(Health::Retrying { error });
    }

    /// Waits so long, or until it is told to stop.
    async fn wait(&mut self, pause: Duration) {
        let _ = tokio::time::timeout(pause, self.stop.wait_for(|stop| *stop)).await;
    }

    async fn claim(&self, store: &Arc<dyn Store>) -> Result<Option<Checkpoint>, Fault> {
        let from_start = self.handlers.iter().any(|handler| handler.info.subscription.from_start);
        let claim = Claim {
            subscription: self.name.clone(),
            owner: self.owner,
            now: self.bus.now(),
            lease: self.bus.delivery().delivering.lease,
            start: if from_start { Start::Beginning } else { Start::Now },
        };
        store.claim(&claim).await
    }

    async fn session(&mut self) -> Result<Ended, Fault> {
        let store = self.bus.need_store().await?.clone();
        let Some(checkpoint) = self.claim(&store).await? else { return Ok(Ended::Elsewhere) };
        same_log(&*store, &self.name, &checkpoint).await?;
        let letters = store.dead_letters(&self.name).await?;
        let checkpoints = Checkpoints::new(&self.bus, &store, &self.name, &checkpoint);
        let mut session = Session {
            cursor: checkpoint.position(),
            parked: letters.iter().filter_map(|letter| letter.stream.clone()).collect(),
            dead: letters.iter().filter(|letter| letter.error.is_some()).count(),
            claimed: Instant::now(),
            seen: 0,
            runner: self,
            store,
            checkpoints,
        };
        session.run().await
    }
}

impl Session<'_> {
    async fn run(&mut self) -> Result<Ended, Fault> {
        let names: Vec<Cow<'static, str>> = {
            let mut names: Vec<_> = self.runner.handlers.iter().map(|handler| (handler.info.message)().name).collect();
            names.sort_unstable();
            names.dedup();
            names.into_iter().map(Cow::Borrowed).collect()
        };
        loop {
            if *self.runner.stop.borrow() {
                self.checkpoints.flush().await?;
                return Ok(Ended::Stopped);
            }
            if !self.keep().await? {
                return Ok(Ended::Elsewhere);
            }
            self.replay().await?;
            // Asked for before the page, which then has all there is up to it.
            let head = self.store.head().await?.map(|(position, _)| position);
            let page = self.store.read(Reading::after(self.cursor, PAGE).named(names.iter().cloned())).await?;
            let is_whole = page.len() < PAGE;
            for event in page {
                if *self.runner.stop.borrow() || !self.keep().await? {
                    break;
                }
                let position = event.position;
                if !self.handle(event).await? {
                    // Told to stop while it waited for something to be mended.
                    break;
                }
                self.cursor = Some(position);
            }
            if *self.runner.stop.borrow() || !is_whole {
                continue;
            }
            self.cursor = self.cursor.max(head);
            self.checkpoints.flush().await?;
            self.runner.health.send_replace(Health::Running);
            self.wait_for_more().await;
        }
    }

    /// Goes on having the subscription: claims it again well before the lease is over.
    async fn keep(&mut self) -> Result<bool, Fault> {
        if self.claimed.elapsed() < self.runner.bus.delivery().delivering.lease / 3 {
            return Ok(true);
        }
        let claimed = self.runner.claim(&self.store).await?;
        self.claimed = Instant::now();
        Ok(claimed.is_some())
    }

    async fn wait_for_more(&mut self) {
        let lease = self.runner.bus.delivery().delivering.lease / 3;
        let stop_or_time = tokio::time::timeout(lease, self.runner.stop.wait_for(|stop| *stop));
        let seen = either(self.store.changed(self.seen), async { drop(stop_or_time.await) }).await;
        self.seen = seen.unwrap_or(self.seen);
    }

    /// Handles one event, or puts it aside; `false`, where it was told to stop before.
    async fn handle(&mut self, event: StoredEvent) -> Result<bool, Fault> {
        if event.stream.as_ref().is_some_and(|stream| self.parked.contains(stream)) {
            self.park(&event, None, 0).await?;
            return Ok(true);
        }
        let mut pauses = Pauses::new();
        let mut vain = 0;
        loop {
            let Err(failure) = self.attempt(&event, None).await else { return Ok(true) };
            let text = chain(&failure);
            if failure.fault().is_some_and(|fault| fault.kind() == FaultKind::Conflict) {
                // Of the handler's own making, or since the subscription is somebody else's.
                self.still_ours().await?;
            }
            if is_the_events_own(&failure) {
                vain += 1;
                if vain >= self.runner.bus.delivery().delivering.attempts && self.may_park().await? {
                    self.park(&event, Some(text), vain).await?;
                    return Ok(true);
                }
            } else {
                self.runner.unwell(text);
            }
            self.runner.wait(pauses.next()).await;
            if *self.runner.stop.borrow() {
                return Ok(false);
            }
            if !self.keep().await? {
                return Err(lost(&self.runner.name));
            }
        }
    }

    /// Hands an event to its handlers. One that writes in the store's transaction writes there what else is to be:
    /// the checkpoint, or that it is no dead letter any more.
    async fn attempt(&mut self, event: &StoredEvent, letter: Option<&DeadLetter>) -> Result<(), Failure> {
        let handlers: Vec<Arc<EventHandler>> = {
            let all = self.runner.handlers.iter();
            all.filter(|handler| (handler.info.message)().name == event.name).cloned().collect()
        };
        let Some((last, first)) = handlers.split_last() else { return Ok(()) };
        let raised = decode(event, last)?;
        for handler in first {
            self.call(handler, event, &raised, None).await?;
        }
        let step = match letter {
            Some(_) => None,
            None if self.writes_in_the_store(last) => Some(self.checkpoints.step(event.position, event.id).await?),
            None => None,
        };
        self.call(last, event, &raised, step.clone()).await?;
        match (&step, letter) {
            (Some(step), _) => self.checkpoints.stepped(step),
            (None, None) => self.checkpoints.reach(event.position, event.id).await?,
            (None, Some(_)) => {}
        }
        Ok(())
    }

    async fn call(
        &self,
        handler: &Arc<EventHandler>,
        event: &StoredEvent,
        raised: &Raised,
        with: Option<Advance>,
    ) -> Result<(), Failure> {
        let Runner { bus, name, global, .. } = &*self.runner;
        let options = Options {
            derives: Some(Derives::new(name, event.id)),
            timeout: Some(bus.delivery().delivering.timeout),
            ..event.call.delivery(Principal::system(&**name), None)
        };
        handler.attempt(bus, raised, &event.meta(), options, global.clone(), with).await
    }

    /// Whether all that a handler writes is in one transaction of the bus's store.
    fn writes_in_the_store(&self, handler: &EventHandler) -> bool {
        let Some(Opening::Unit { unit: ours, .. }) = self.runner.bus.store_opening() else { return false };
        let opens = handler.info.opens;
        let mut units = HashMap::new();
        opens.iter().for_each(|opening| units_of(&self.runner.bus, opening, &mut units, 0));
        !opens.is_empty() && units.keys().all(|unit| *unit == ours.key)
    }

    /// Whether one more dead letter is one too many.
    async fn may_park(&mut self) -> Result<bool, Fault> {
        let limit = self.runner.bus.delivery().delivering.dead_letter_limit;
        if self.dead < limit {
            return Ok(true);
        }
        // Somebody may have cleared them away.
        let letters = self.store.dead_letters(&self.runner.name).await?;
        self.parked = letters.iter().filter_map(|letter| letter.stream.clone()).collect();
        self.dead = letters.iter().filter(|letter| letter.error.is_some()).count();
        if self.dead < limit {
            return Ok(true);
        }
        let reason = format!(
            "it has {} dead letters, so it is its handler that is wrong: mend it and start again, or replay or skip them",
            self.dead
        );
        tracing::error!(subscription = %self.runner.name, "the subscription halts: {reason}");
        self.runner.health.send_replace(Health::Halted { reason });
        Ok(false)
    }

    /// Puts an event aside: one that could not be handled, or without an error one behind such a one.
    async fn park(&mut self, event: &StoredEvent, error: Option<String>, attempts: u32) -> Result<(), Fault> {
        if let Some(error) = &error {
            tracing::error!(subscription = %self.runner.name, event = %event.name, id = %event.id,
                position = %event.position, error, "gave up on an event; it is a dead letter now");
            self.dead += 1;
        }
        let now = self.runner.bus.now();
        let step = self.checkpoints.step(event.position, event.id).await?;
        let letter = DeadLetter {
            subscription: self.runner.name.clone(),
            position: event.position,
            event_id: event.id,
            name: event.name.clone(),
            stream: event.stream.clone(),
            error,
            attempts,
            parked_at: now,
            replay: false,
        };
        let changes = Changes { checkpoint: Some(step.clone()), parked: vec![letter], ..Changes::at(now) };
        self.store.write(changes).await?;
        self.checkpoints.stepped(&step);
        self.parked.extend(event.stream.clone());
        Ok(())
    }

    /// Tells dead letters anew that somebody wants to be.
    async fn replay(&mut self) -> Result<(), Fault> {
        let letters = self.store.dead_letters(&self.runner.name).await?;
        self.parked = letters.iter().filter_map(|letter| letter.stream.clone()).collect();
        self.dead = letters.iter().filter(|letter| letter.error.is_some()).count();
        let mut stuck: HashSet<StreamId> = HashSet::new();
        for letter in letters.into_iter().filter(|letter| letter.replay).take(REPLAYS) {
            if *self.runner.stop.borrow() || !self.keep().await? {
                return Ok(());
            }
            let ahead = letter.stream.as_ref().is_some_and(|stream| stuck.contains(stream));
            let failed = if ahead { Some(None) } else { self.tell_anew(&letter).await?.map(Some) };
            let now = self.runner.bus.now();
            let changes = match failed {
                None => {
                    let unparked = vec![(letter.subscription.clone(), letter.event_id)];
                    Changes { unparked, ..Changes::at(now) }
                }
                Some(error) => {
                    stuck.extend(letter.stream.clone());
                    let tried = u32::from(error.is_some());
                    let error = error.or(letter.error.clone());
                    let letter = DeadLetter { error, attempts: letter.attempts + tried, replay: false, ..letter };
                    Changes { parked: vec![letter], ..Changes::at(now) }
                }
            };
            self.store.write(changes).await?;
        }
        Ok(())
    }

    /// What went wrong, if anything did.
    async fn tell_anew(&mut self, letter: &DeadLetter) -> Result<Option<String>, Fault> {
        let found = self.store.read(Reading::at(letter.position)).await?;
        let Some(event) = found.into_iter().find(|event| event.id == letter.event_id) else {
            return Ok(Some("the event is not in the log any more".to_owned()));
        };
        Ok(self.attempt(&event, Some(letter)).await.err().map(|failure| chain(&failure)))
    }

    /// Whether the checkpoint is where this process has left it.
    async fn still_ours(&self) -> Result<(), Fault> {
        match self.runner.claim(&self.store).await? {
            Some(checkpoint) if checkpoint.position() == self.checkpoints.kept() => Ok(()),
            _ => Err(lost(&self.runner.name)),
        }
    }
}

fn lost(subscription: &str) -> Fault {
    Fault::conflict(format!("another process has taken over the subscription `{subscription}`"))
}

/// The event as its handlers take it.
fn decode(event: &StoredEvent, handler: &EventHandler) -> Result<Raised, Fault> {
    let info = (handler.info.message)();
    let stored = info.stored.as_ref().ok_or_else(|| Fault::internal("a transient event is in a log"))?;
    let decoded = (stored.decode)(event.schema_version, &event.payload).map_err(|fault| fault.at(handler.info.site()))?;
    Ok(Raised::kept(event.id, info, decoded))
}

/// The units that opening this opens, through whatever providers make for the call.
fn units_of(bus: &Bus, opening: &Opening, units: &mut HashMap<std::any::TypeId, ()>, depth: usize) {
    match opening {
        Opening::Nothing | Opening::Buffer(_) => {}
        Opening::Unit { unit, .. } => drop(units.insert(unit.key, ())),
        // A chain of providers that is deeper is a circle, and cannot be opened.
        Opening::Provided(need) if depth < 64 => {
            let provider = bus.container().per_call(need).and_then(|made| made.provider());
            if let Some(Role::PerCall(_, openings)) = provider.map(|provider| provider.role) {
                openings.iter().for_each(|opening| units_of(bus, opening, units, depth + 1));
            }
        }
        Opening::Provided(_) => {}
    }
}

/// Whether a checkpoint is one of this log: the event it remembers is where it was.
///
/// A log that was restored from a backup under a newer checkpoint has something else there, or nothing yet; to go on
/// would be to skip what will come.
pub(super) async fn same_log(store: &dyn Store, subscription: &str, checkpoint: &Checkpoint) -> Result<(), Fault> {
    let Some((position, event_id)) = checkpoint.at else { return Ok(()) };
    let there = store.read(Reading::at(position)).await?;
    match there.first() {
        Some(event) if event.id == event_id => Ok(()),
        other => {
            let what = other.map_or("nothing".to_owned(), |event| format!("the event {}", event.id));
            Err(Fault::wiring(format!(
                "the subscription `{subscription}` has handled the event {event_id} at position {position} of the log, and \
                 there the log has {what}: it is another log, or was restored from a backup that is older than the \
                 checkpoint; restore both from one backup, or delete the subscription's checkpoint and rebuild what it keeps"
            )))
        }
    }
}
