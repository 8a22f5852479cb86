//! The time in which this process has a subscription: reads its events and hands them to its handlers.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::call::context::Options;
use crate::call::marks::Derives;
use crate::call::principal::Principal;
use crate::delivery::event_unit::EventUnit;
use crate::delivery::job::{Along, EventHandler, Failure, chain};
use crate::future::either;
use crate::message::stream::StreamId;
use crate::result::fault::{Fault, FaultKind};
use crate::store::changes::{Changes, DeadLetter};
use crate::store::log::{Reading, StoredEvent};
use crate::store::position::Position;
use crate::store::{Checkpoint, Store};
use crate::subscription::Health;
use crate::subscription::checkpoints::Checkpoints;
use crate::subscription::failure::is_the_events_own;
use crate::subscription::lease::Lease;
use crate::subscription::pauses::Pauses;
use crate::subscription::runner::Runner;

/// How many events are read at once.
const PAGE: usize = 256;

/// How many events share one commit at most, and for how long they gather: meanwhile a handler may hold the writer.
const TOGETHER: usize = 128;
const TOGETHER_FOR: Duration = Duration::from_millis(10);

/// Why a session ended without a fault.
pub(super) enum Ended {
    Stopped,
    /// Another process has the subscription.
    Elsewhere,
}

/// From a claim of a subscription to its loss.
pub(super) struct Session<'a> {
    pub(super) runner: &'a mut Runner,
    pub(super) store: Arc<dyn Store>,
    pub(super) checkpoints: Checkpoints,
    /// Up to where everything is handled, or is nothing for these handlers.
    cursor: Option<Position>,
    /// Streams with dead letters: what comes later in them waits behind.
    pub(super) parked: HashSet<StreamId>,
    /// How many events could not be handled.
    pub(super) dead: usize,
    /// How many are put aside, those behind them included.
    pub(super) letters: usize,
    pub(super) lease: Lease,
    /// What is to be asked of the store's changes.
    seen: u64,
    /// The event that failed in a unit with others, and how: its first attempt.
    failed: Option<(Position, Failure)>,
}

impl<'a> Session<'a> {
    pub(super) fn new(runner: &'a mut Runner, store: Arc<dyn Store>, checkpoint: &Checkpoint) -> Self {
        Session {
            lease: Lease::of(runner, &store, checkpoint),
            checkpoints: Checkpoints::new(&runner.bus, &store, &runner.name, checkpoint),
            runner,
            store,
            cursor: checkpoint.position(),
            parked: HashSet::new(),
            dead: 0,
            letters: 0,
            seen: 0,
            failed: None,
        }
    }

    pub(super) async fn run(mut self) -> Result<Ended, Fault> {
        let names = self.runner.feeds.names();
        self.read_letters().await?;
        loop {
            if self.runner.is_told_to_stop() {
                self.checkpoints.flush().await?;
                return Ok(Ended::Stopped);
            }
            if !self.lease.is_held()? {
                return Ok(Ended::Elsewhere);
            }
            self.replay().await?;
            // Asked for before the page, which then has all there is up to it.
            let head = self.store.head().await?.map(|(position, _)| position);
            let page = self.store.read(Reading::after(self.cursor, PAGE).named(names.iter().cloned())).await?;
            if !self.handle_all(&page).await? {
                continue;
            }
            if page.len() < PAGE {
                self.cursor = self.cursor.max(head);
                self.checkpoints.flush().await?;
                self.runner.health.send_replace(Health::Running);
                self.wait_for_more().await;
            }
        }
    }

    async fn wait_for_more(&mut self) {
        let lease = self.runner.bus.delivery().delivering.lease / 3;
        let stop_or_time = tokio::time::timeout(lease, self.runner.stop.wait_for(|stop| *stop));
        let seen = either(self.store.changed(self.seen), async { drop(stop_or_time.await) }).await;
        self.seen = seen.unwrap_or(self.seen);
    }

    /// Handles a page of events; `false`, where it was told to stop, or lost the subscription, before its end.
    async fn handle_all(&mut self, page: &[StoredEvent]) -> Result<bool, Fault> {
        let mut rest = page;
        while let Some(event) = rest.first() {
            if self.runner.is_told_to_stop() || !self.lease.is_held()? {
                return Ok(false);
            }
            // Several in one commit, while all goes well; what does not is found one by one.
            let together = self.handle_together(rest).await?;
            if together == 0 && !self.handle(event).await? {
                return Ok(false);
            }
            let (done, left) = rest.split_at(together.max(1));
            self.cursor = done.last().map(|event| event.position);
            rest = left;
        }
        Ok(true)
    }

    /// Handles the first events of a page in one unit of work, as many as do well; 0, where that cannot be or one of them
    /// fails, and then nothing is left of any.
    async fn handle_together(&mut self, page: &[StoredEvent]) -> Result<usize, Fault> {
        // The checkpoint before this is not to wait for the writer that the unit is going to hold.
        self.checkpoints.flush().await?;
        let began = Instant::now();
        let mut unit: Option<EventUnit> = None;
        let mut count = 0;
        for event in page.iter().take(TOGETHER) {
            let feed = self.runner.feeds.of(event)?.clone();
            let (Some(first), Ok(raised)) = (feed.handlers.first(), feed.decode(event)) else { break };
            let has_failed = self.failed.as_ref().is_some_and(|(position, _)| *position == event.position);
            if self.waits_behind(event) || has_failed || !feed.shares_a_unit {
                break;
            }
            let unit = unit.get_or_insert_with(|| self.unit(first));
            for handler in &feed.handlers {
                if let Err(failure) = unit.handle(handler, &raised, &event.meta(), self.options(handler, event)).await {
                    self.failed = Some((event.position, failure));
                    // Those before it did well, and do so again without it.
                    return Box::pin(self.handle_together(&page[..count])).await;
                }
            }
            count += 1;
            if began.elapsed() > TOGETHER_FOR {
                break;
            }
        }
        let (Some(unit), Some(last)) = (unit, page[..count].last()) else { return Ok(0) };
        let step = self.checkpoints.step(last.position, last.id).await?;
        if unit.commit(Some(step.clone()), None).await.is_err() {
            return Ok(0);
        }
        self.checkpoints.stepped(&step);
        Ok(count)
    }

    /// Handles one event, or puts it aside; `false`, where it was told to stop before.
    async fn handle(&mut self, event: &StoredEvent) -> Result<bool, Fault> {
        if self.waits_behind(event) {
            self.park(event, None, 0).await?;
            return Ok(true);
        }
        let mut pauses = Pauses::new();
        let mut vain = 0;
        loop {
            let attempted = match self.failed.take() {
                Some((position, failure)) if position == event.position => Err(failure),
                _ => self.attempt(event, None).await,
            };
            let Err(failure) = attempted else { return Ok(true) };
            let text = chain(&failure);
            if failure.fault().is_some_and(|fault| fault.kind() == FaultKind::Conflict) {
                // Of the handler's own making, or since the subscription is somebody else's.
                self.still_ours().await?;
            }
            if is_the_events_own(&failure) {
                vain += 1;
                if vain >= self.runner.bus.delivery().delivering.attempts && self.may_park().await? {
                    self.park(event, Some(text), vain).await?;
                    return Ok(true);
                }
            } else {
                self.runner.unwell(text);
            }
            self.runner.wait(pauses.next()).await;
            // What is put aside may be told anew meanwhile: where there is too much of it, nothing else goes on.
            if self.dead >= self.runner.bus.delivery().delivering.dead_letter_limit {
                Box::pin(self.replay()).await?;
            }
            if self.runner.is_told_to_stop() {
                return Ok(false);
            }
            if !self.lease.is_held()? {
                return Err(self.lost());
            }
        }
    }

    /// Hands an event, or a dead letter, to its handlers. Those that write in the store's transaction do so in one unit of
    /// work, together with the checkpoint or with that it is no dead letter any more; otherwise that follows.
    pub(super) async fn attempt(&mut self, event: &StoredEvent, letter: Option<&DeadLetter>) -> Result<(), Failure> {
        let feed = self.runner.feeds.of(event)?.clone();
        let (raised, meta) = (feed.decode(event)?, event.meta());
        let unparked = letter.map(|letter| (letter.subscription.clone(), letter.event_id));
        if let (true, Some(first)) = (feed.shares_a_unit, feed.handlers.first()) {
            self.checkpoints.flush().await?;
            let mut unit = self.unit(first);
            for handler in &feed.handlers {
                unit.handle(handler, &raised, &meta, self.options(handler, event)).await?;
            }
            let step = match letter {
                Some(_) => None,
                None => Some(self.checkpoints.step(event.position, event.id).await?),
            };
            unit.commit(step.clone(), unparked).await?;
            step.iter().for_each(|step| self.checkpoints.stepped(step));
            return Ok(());
        }
        let Some((last, others)) = feed.handlers.split_last() else { return Ok(()) };
        for handler in others {
            let Runner { bus, global, .. } = &*self.runner;
            handler.attempt(bus, &raised, &meta, self.options(handler, event), global.clone(), None).await?;
        }
        let step = match letter {
            None if feed.moves_the_checkpoint => Some(self.checkpoints.step(event.position, event.id).await?),
            _ => None,
        };
        let along = Along::new(step.clone(), unparked.clone());
        let with = feed.moves_the_checkpoint.then(|| along.clone());
        let Runner { bus, global, .. } = &*self.runner;
        last.attempt(bus, &raised, &meta, self.options(last, event), global.clone(), with).await?;
        match (letter, step) {
            (None, Some(step)) if along.is_written() => self.checkpoints.stepped(&step),
            (None, _) => self.checkpoints.reach(event.position, event.id).await?,
            (Some(_), _) if along.is_written() => {}
            (Some(_), _) => {
                let changes =
                    Changes { unparked: unparked.into_iter().collect(), ..Changes::at(self.runner.bus.now()) };
                self.store.write(changes).await?;
            }
        }
        Ok(())
    }

    fn unit(&self, handler: &EventHandler) -> EventUnit {
        EventUnit::new(&self.runner.bus, handler, self.runner.global.clone())
    }

    /// What a handler is called with for an event.
    fn options(&self, handler: &EventHandler, event: &StoredEvent) -> Options {
        let Runner { bus, name, .. } = &*self.runner;
        Options {
            derives: Some(Derives::new(handler.info, event.id)),
            timeout: Some(bus.delivery().delivering.timeout),
            ..event.call.delivery(Principal::system(&**name), None)
        }
    }

    /// Whether an event waits behind a dead letter of its stream.
    fn waits_behind(&self, event: &StoredEvent) -> bool {
        event.stream.as_ref().is_some_and(|stream| self.parked.contains(stream))
    }

    /// Whether the checkpoint is where this process has left it.
    async fn still_ours(&self) -> Result<(), Fault> {
        match self.runner.claim(&self.store).await? {
            Some(claimed) if self.checkpoints.are_of(&claimed) && claimed.position() == self.checkpoints.kept() => {
                Ok(())
            }
            _ => Err(self.lost()),
        }
    }

    fn lost(&self) -> Fault {
        Fault::conflict(format!("another process has taken over the subscription `{}`", self.runner.name))
    }
}
