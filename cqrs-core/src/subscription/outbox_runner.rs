//! Dispatches what waits in the outbox.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::bus::Bus;
use crate::call::context::Options;
use crate::call::ids::MessageId;
use crate::call::marks::Settles;
use crate::future::either;
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::{Fault, FaultKind, with_sources};
use crate::store::changes::{Changes, NewCommand, Postponed, QueuedCommand};
use crate::store::{Start, Store};
use crate::subscription::failure::is_the_messages_own;
use crate::subscription::pauses::Pauses;
use crate::subscription::running::claim;
use crate::subscription::{Health, OUTBOX};

/// How many commands are read at once.
const PAGE: usize = 256;

/// Of how many calls commands are dispatched beside each other.
const CALLS: usize = 64;

/// How long to wait at most before looking at the clock again, which may have been set.
const LOOK_UP: Duration = Duration::from_secs(1);

/// How often what has been kept long enough is forgotten.
const PURGE: Duration = Duration::from_secs(60);

/// The outbox of this bus.
pub(super) struct OutboxRunner {
    pub(super) bus: Bus,
    pub(super) owner: MessageId,
    pub(super) health: watch::Sender<Health>,
    pub(super) stop: watch::Receiver<bool>,
    /// What `Bus::global()` is for the handlers of its commands.
    pub(super) global: Option<Bus>,
}

impl OutboxRunner {
    /// Runs until it is told to stop. What fails is tried again.
    pub(super) async fn run(mut self) {
        let mut pauses = Pauses::new();
        while !*self.stop.borrow() {
            let pause = match self.session().await {
                Ok(true) => break,
                Ok(false) => {
                    self.health.send_replace(Health::Elsewhere);
                    self.bus.delivery().delivering.lease / 4
                }
                Err(fault) => {
                    let error = with_sources(&fault);
                    tracing::warn!(error, "the outbox cannot go on now, and tries again");
                    self.health.send_replace(Health::Retrying { error });
                    pauses.next()
                }
            };
            let _ = tokio::time::timeout(pause, self.stop.wait_for(|stop| *stop)).await;
        }
        if let Ok(Some(store)) = self.bus.store().await
            && let Err(fault) = store.release(OUTBOX, self.owner).await
        {
            tracing::warn!(error = %with_sources(&fault), "the outbox's lease runs on");
        }
        self.health.send_replace(Health::Stopped);
    }

    /// `true`, when it was told to stop; `false`, when another process has the outbox.
    async fn session(&mut self) -> Result<bool, Fault> {
        let store = self.bus.need_store().await?.clone();
        let mut under_way = UnderWay::default();
        let ended = self.dispatch_all(&store, &mut under_way).await;
        // What has begun ends, whoever has the outbox then: a command leaves it once.
        while !under_way.calls.is_empty() {
            under_way.next().await.ok();
        }
        ended
    }

    async fn dispatch_all(&mut self, store: &Arc<dyn Store>, under_way: &mut UnderWay) -> Result<bool, Fault> {
        let lease = self.bus.delivery().delivering.lease;
        let (mut claimed, mut purged, mut seen) = (None::<Instant>, None::<Instant>, 0);
        let mut waiting: VecDeque<(MessageId, Vec<QueuedCommand>)> = VecDeque::new();
        loop {
            if *self.stop.borrow() {
                return Ok(true);
            }
            if claimed.is_none_or(|at| at.elapsed() >= lease / 3) {
                if store.claim(&claim(&self.bus, OUTBOX.into(), self.owner, Start::Now)).await?.is_none() {
                    return Ok(false);
                }
                if claimed.replace(Instant::now()).is_none() {
                    self.health.send_replace(Health::Running);
                }
            }
            if purged.is_none_or(|at| at.elapsed() >= PURGE) {
                store.purge(self.bus.now()).await?;
                purged = Some(Instant::now());
            }
            // Read again when all of a page has begun, and not whenever one has ended: a page is long, and read as a whole.
            if waiting.is_empty() && under_way.calls.len() < CALLS {
                // Those that are under way are due too, until they have left.
                let mut limit = PAGE + under_way.commands;
                loop {
                    let due = store.due(self.bus.now(), limit).await?;
                    let (is_cut, last) = (due.len() == limit, due.last().map(|last| last.command.call.message_id()));
                    let mut calls = by_call(due, &under_way.calls);
                    // The last call of a page may have more, which waits for what is before it.
                    if is_cut {
                        calls.retain(|(call, _)| Some(*call) != last);
                    }
                    if !is_cut || !calls.is_empty() {
                        waiting.extend(calls);
                        break;
                    }
                    limit *= 2;
                }
            }
            while under_way.calls.len() < CALLS
                && let Some((call, commands)) = waiting.pop_front()
            {
                under_way.begin(&self.bus, store, self.global.as_ref(), call, commands);
            }
            let next = store.next_due().await?;
            if next.is_none() && under_way.calls.is_empty() {
                // What was to be tried again is gone: discarded, or done by another process.
                self.health.send_replace(Health::Running);
            }
            let next = next.filter(|_| under_way.calls.len() < CALLS);
            let wait = next.map_or(lease / 3, |at| at.duration_since(self.bus.now()).unwrap_or(LOOK_UP).min(LOOK_UP));
            let stop_or_time = tokio::time::timeout(wait.min(lease / 3), self.stop.wait_for(|stop| *stop));
            let told = either(store.changed(seen), async { drop(stop_or_time.await) });
            if let Some(ended) = either(under_way.next(), async { seen = told.await.unwrap_or(seen) }).await {
                self.health.send_replace(match ended? {
                    Some(error) => Health::Retrying { error },
                    None => Health::Running,
                });
            }
        }
    }
}

/// The calls whose commands are being dispatched.
#[derive(Default)]
struct UnderWay {
    running: JoinSet<(MessageId, usize, Result<Option<String>, Fault>)>,
    calls: HashSet<MessageId>,
    commands: usize,
}

impl UnderWay {
    /// Dispatches the commands that a call has sent, one after the other, beside those of other calls.
    fn begin(
        &mut self,
        bus: &Bus,
        store: &Arc<dyn Store>,
        global: Option<&Bus>,
        call: MessageId,
        commands: Vec<QueuedCommand>,
    ) {
        let (bus, store, count) = (bus.clone(), store.clone(), commands.len());
        let work = async move { (call, count, dispatch_in_order(&bus, &*store, commands).await) };
        self.calls.insert(call);
        self.commands += count;
        match global {
            Some(global) => self.running.spawn(crate::testing::scope(global.clone(), work)),
            None => self.running.spawn(work),
        };
    }

    /// Waits for the next call whose commands have all been dispatched; for ever, where there is none.
    async fn next(&mut self) -> Result<Option<String>, Fault> {
        match self.running.join_next().await {
            Some(Ok((call, count, ended))) => {
                self.calls.remove(&call);
                self.commands -= count;
                ended
            }
            Some(Err(error)) => {
                // Whichever it was: the others are waited for, and then all are looked for anew.
                Err(Fault::internal("a dispatch from the outbox went down").caused_by(error))
            }
            None if self.calls.is_empty() => std::future::pending().await,
            None => {
                *self = UnderWay::default();
                Ok(None)
            }
        }
    }
}

/// Commands by the calls that sent them, in order, without those calls.
fn by_call(due: Vec<QueuedCommand>, without: &HashSet<MessageId>) -> Vec<(MessageId, Vec<QueuedCommand>)> {
    let mut calls: Vec<(MessageId, Vec<QueuedCommand>)> = Vec::new();
    for queued in due {
        let call = queued.command.call.message_id();
        match calls.iter_mut().find(|(other, _)| *other == call) {
            Some((_, commands)) => commands.push(queued),
            None if without.contains(&call) => {}
            None => calls.push((call, vec![queued])),
        }
    }
    calls
}

/// Dispatches the commands of one call; why the rest of them is put off, if it is.
async fn dispatch_in_order(
    bus: &Bus,
    store: &dyn Store,
    commands: Vec<QueuedCommand>,
) -> Result<Option<String>, Fault> {
    let mut commands = commands.into_iter();
    while let Some(queued) = commands.next() {
        let Err(fault) = dispatch(bus, store, &queued).await? else { continue };
        let (now, attempts) = (bus.now(), queued.attempts + 1);
        // Of a name that nobody here knows: a newer process sent it, and will know it when it has the outbox.
        let is_known = bus.named(&queued.command.name).is_ok();
        let parked = is_known && is_the_messages_own(&fault) && attempts >= bus.delivery().delivering.attempts;
        let (id, name) = (queued.command.id, &queued.command.name);
        let error = with_sources(&fault);
        match parked {
            true => tracing::error!(command = %name, %id, error, "gave up on a command of the outbox; it is parked"),
            false => tracing::warn!(command = %name, %id, error, "trying a command of the outbox again later"),
        }
        let not_before = now.checked_add(Pauses::after(attempts)).unwrap_or(now);
        let mut postponed = vec![Postponed { id, not_before, attempts, error: Some(error), parked }];
        if !parked {
            // What was sent after it waits for it.
            postponed.extend(commands.by_ref().map(|QueuedCommand { command, attempts, error, parked }| Postponed {
                id: command.id,
                not_before,
                attempts,
                error,
                parked,
            }));
        }
        let put_off = postponed[0].error.clone().filter(|_| !parked);
        store.write(Changes { postponed, ..Changes::at(now) }).await?;
        if put_off.is_some() {
            return Ok(put_off);
        }
    }
    Ok(None)
}

/// Dispatches one command, which leaves the outbox when it has been carried out or was said no to; the fault of one that
/// could not be.
async fn dispatch(bus: &Bus, store: &dyn Store, queued: &QueuedCommand) -> Result<Result<(), Fault>, Fault> {
    let NewCommand { id, name, payload, key, call, .. } = &queued.command;
    let wire = bus.named(name).and_then(|message| {
        message.wire.as_ref().ok_or_else(|| Fault::internal("a command in the outbox cannot be sent by name"))
    });
    let wire = match wire {
        Ok(wire) => wire,
        Err(fault) => return Ok(Err(fault)),
    };
    let settles = Settles::new(*id);
    let options = Options {
        message_id: Some(*id),
        settles: Some(settles.clone()),
        timeout: Some(bus.delivery().delivering.timeout),
        ..call.delivery(call.sender(), Some(key.clone()))
    };
    match wire.dispatch(bus, payload, Some(Arc::new(options))).await {
        Ok(_) | Err(DispatchError::Rejected(_)) => {}
        Err(DispatchError::Fault(fault)) => return Ok(Err(fault)),
    }
    if !settles.is_settled() {
        // Its handler has no unit of work in which it would have left.
        match store.write(Changes { settled: Some(*id), ..Changes::at(bus.now()) }).await {
            Err(fault) if fault.kind() != FaultKind::Conflict => return Err(fault),
            _ => {}
        }
    }
    Ok(Ok(()))
}
