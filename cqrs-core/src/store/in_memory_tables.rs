//! What an [`InMemoryStore`](crate::InMemoryStore) holds: the simplest thing that does what a store does.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::call::ids::MessageId;
use crate::message::stream::StreamId;
use crate::pipeline::ledger::{LedgerEntry, LedgerKey};
use crate::result::fault::Fault;
use crate::store::audit::{AuditEntry, AuditQuery};
use crate::store::changes::{Advance, Changes, DeadLetter, NewEvent, Postponed, QueuedCommand};
use crate::store::log::{Reading, StoredEvent};
use crate::store::position::Position;
use crate::store::{Checkpoint, Claim, Start};

pub(crate) struct Tables {
    events: Vec<StoredEvent>,
    streams: HashMap<StreamId, u64>,
    outbox: Vec<QueuedCommand>,
    outcomes: HashMap<LedgerKey, (SystemTime, LedgerEntry)>,
    audit: Vec<AuditEntry>,
    subscriptions: HashMap<Arc<str>, Subscription>,
    dead: BTreeMap<(Arc<str>, Position), DeadLetter>,
    keep_outcomes: Duration,
    keep_audit: Option<Duration>,
}

struct Subscription {
    checkpoint: Checkpoint,
    owner: Option<MessageId>,
    until: SystemTime,
}

impl Tables {
    pub(crate) fn new(keep_outcomes: Duration, keep_audit: Option<Duration>) -> Self {
        Tables {
            events: Vec::new(),
            streams: HashMap::new(),
            outbox: Vec::new(),
            outcomes: HashMap::new(),
            audit: Vec::new(),
            subscriptions: HashMap::new(),
            dead: BTreeMap::new(),
            keep_outcomes,
            keep_audit,
        }
    }

    /// Whether changes can be written as things are.
    pub(crate) fn check(&self, changes: &Changes) -> Result<(), Fault> {
        for expected in &changes.expected {
            let version = self.version(&expected.stream);
            if version != expected.version {
                return Err(Fault::conflict(format!(
                    "the stream `{}` is at version {version} and was expected at {}",
                    expected.stream, expected.version
                )));
            }
        }
        if let Some(entry) = &changes.outcome
            && self.outcome(&entry.key, changes.now).is_some()
        {
            let LedgerKey { message, key, .. } = &entry.key;
            return Err(Fault::conflict(format!("`{message}` has an outcome under the idempotency key `{key}`")));
        }
        if let Some(id) = changes.settled
            && !self.outbox.iter().any(|queued| queued.command.id == id)
        {
            return Err(Fault::conflict(format!("the command {id} has left the outbox already")));
        }
        if let Some(Advance { subscription, fence, from, .. }) = &changes.checkpoint {
            let checkpoint = self.checkpoint(subscription);
            let held = checkpoint.as_ref().map(|checkpoint| (checkpoint.fence, checkpoint.position()));
            if held != Some((*fence, *from)) {
                return Err(Fault::conflict(format!("the subscription `{subscription}` is somebody else's by now")));
            }
        }
        for (n, (subscription, event_id)) in changes.unparked.iter().enumerate() {
            let is_it = |letter: &DeadLetter| letter.subscription == *subscription && letter.event_id == *event_id;
            let is_twice = changes.unparked[..n].contains(&(subscription.clone(), *event_id));
            if is_twice || !self.dead.values().any(is_it) {
                return Err(Fault::conflict(format!(
                    "the event {event_id} is no dead letter of `{subscription}` any more"
                )));
            }
        }
        Ok(())
    }

    /// Writes changes that were [checked](Tables::check).
    pub(crate) fn apply(&mut self, changes: Changes) {
        let now = changes.now;
        let first = self.events.len();
        changes.events.into_iter().for_each(|event| self.append(event, now));
        let raised =
            self.events[first..].first().zip(self.events.last()).map(|(first, last)| (first.position, last.position));
        if let Some(id) = changes.settled {
            self.outbox.retain(|queued| queued.command.id != id);
        }
        for command in changes.commands {
            if !self.outbox.iter().any(|queued| queued.command.key == command.key) {
                self.outbox.push(QueuedCommand { command, attempts: 0, error: None, parked: false });
            }
        }
        if let Some(entry) = changes.outcome {
            self.outcomes.insert(entry.key.clone(), (now, entry));
        }
        if self.keep_audit.is_some() {
            let told = |entry: AuditEntry| AuditEntry { events: entry.events.or(raised), ..entry };
            self.audit.extend(changes.audit.into_iter().map(told));
        }
        for Postponed { id, not_before, attempts, error, parked } in changes.postponed {
            if let Some(queued) = self.outbox.iter_mut().find(|queued| queued.command.id == id) {
                queued.command.not_before = not_before;
                (queued.attempts, queued.error, queued.parked) = (attempts, error, parked);
            }
        }
        if let Some(Advance { subscription, to, event_id, .. }) = changes.checkpoint
            && let Some(subscription) = self.subscriptions.get_mut(&subscription)
        {
            subscription.checkpoint.at = Some((to, event_id));
        }
        for (subscription, event_id) in changes.unparked {
            self.dead.retain(|_, letter| letter.subscription != subscription || letter.event_id != event_id);
        }
        for letter in changes.parked {
            self.dead.insert((letter.subscription.clone(), letter.position), letter);
        }
        for letter in changes.retold {
            if let Some(kept) = self.dead.get_mut(&(letter.subscription.clone(), letter.position)) {
                *kept = letter;
            }
        }
    }

    fn append(&mut self, event: NewEvent, recorded_at: SystemTime) {
        let NewEvent { id, stream, name, schema_version, payload, call } = event;
        let version = stream.as_ref().map(|stream| {
            let version = self.streams.entry(stream.clone()).or_default();
            *version += 1;
            *version
        });
        let position = Position::at(self.events.len() as u64 + 1);
        self.events.push(StoredEvent {
            position,
            id,
            stream,
            version,
            name,
            schema_version,
            payload,
            call,
            recorded_at,
        });
    }

    fn version(&self, stream: &StreamId) -> u64 {
        self.streams.get(stream).copied().unwrap_or(0)
    }

    pub(crate) fn read(&self, reading: &Reading) -> Vec<StoredEvent> {
        let Reading { after, at, stream, names, limit } = reading;
        let admitted = self.events.iter().filter(|event| {
            after.is_none_or(|after| event.position > after)
                && at.is_none_or(|at| event.position == at)
                && (names.is_empty() || names.contains(&event.name))
                && stream.as_ref().is_none_or(|(stream, version)| {
                    event.stream.as_ref() == Some(stream) && event.version > Some(*version)
                })
        });
        admitted.take(*limit).cloned().collect()
    }

    pub(crate) fn head(&self) -> Option<(Position, MessageId)> {
        self.events.last().map(|event| (event.position, event.id))
    }

    /// What was recorded and has not expired.
    pub(crate) fn outcome(&self, key: &LedgerKey, now: SystemTime) -> Option<&LedgerEntry> {
        let (recorded_at, entry) = self.outcomes.get(key)?;
        (has_not_passed(*recorded_at, self.keep_outcomes, now) || key.follows_from().is_some()).then_some(entry)
    }

    pub(crate) fn due(&self, now: SystemTime, limit: usize) -> Vec<QueuedCommand> {
        let due = self.outbox.iter().filter(|queued| !queued.parked && queued.command.not_before <= now);
        let mut due: Vec<_> = due.cloned().collect();
        due.sort_by_key(|queued| queued.command.not_before);
        due.truncate(limit);
        due
    }

    pub(crate) fn next_due(&self) -> Option<SystemTime> {
        self.outbox.iter().filter(|queued| !queued.parked).map(|queued| queued.command.not_before).min()
    }

    pub(crate) fn parked_commands(&self) -> Vec<QueuedCommand> {
        self.outbox.iter().filter(|queued| queued.parked).cloned().collect()
    }

    pub(crate) fn claim(&mut self, claim: &Claim) -> Option<Checkpoint> {
        let Claim { subscription, owner, now, lease, start } = claim;
        let (head, until) = (self.head(), claim.until());
        let entry = self.subscriptions.entry(subscription.clone()).or_insert_with(|| Subscription {
            checkpoint: Checkpoint { at: if *start == Start::Now { head } else { None }, fence: 0 },
            owner: None,
            until: *now,
        });
        // Asked for in one order and served in another, a lease may end later than one that is taken now.
        let latest = until.checked_add(*lease).unwrap_or(until);
        let held = entry.until > *now && entry.until <= latest;
        match entry.owner {
            Some(other) if other != *owner && held => return None,
            Some(same) if same == *owner => {}
            _ => entry.checkpoint.fence += 1,
        }
        (entry.owner, entry.until) = (Some(*owner), until);
        Some(entry.checkpoint.clone())
    }

    pub(crate) fn release(&mut self, subscription: &str, owner: MessageId) {
        if let Some(entry) = self.subscriptions.get_mut(subscription)
            && entry.owner == Some(owner)
        {
            entry.owner = None;
        }
    }

    pub(crate) fn checkpoint(&self, subscription: &str) -> Option<Checkpoint> {
        Some(self.subscriptions.get(subscription)?.checkpoint.clone())
    }

    pub(crate) fn dead_letters(&self, subscription: &str) -> Vec<DeadLetter> {
        self.dead.values().filter(|letter| &*letter.subscription == subscription).cloned().collect()
    }

    pub(crate) fn audited(&self, query: &AuditQuery) -> Vec<AuditEntry> {
        self.audit.iter().rev().filter(|entry| query.admits(entry)).take(query.limit).cloned().collect()
    }

    /// Whether a subscription may get an event once more.
    fn may_deliver(&self, subscription: &str, event_id: MessageId) -> bool {
        let waits =
            self.dead.values().any(|letter| *letter.subscription == *subscription && letter.event_id == event_id);
        let event = self.events.iter().find(|event| event.id == event_id);
        let ahead = event.zip(self.checkpoint(subscription));
        waits || ahead.is_some_and(|(event, checkpoint)| checkpoint.position() < Some(event.position))
    }

    pub(crate) fn purge(&mut self, now: SystemTime) {
        let keep = self.keep_outcomes;
        let mut outcomes = std::mem::take(&mut self.outcomes);
        outcomes.retain(|key, (recorded_at, _)| {
            has_not_passed(*recorded_at, keep, now)
                || key.follows_from().is_some_and(|(subscription, event)| self.may_deliver(subscription, event))
        });
        self.outcomes = outcomes;
        if let Some(keep) = self.keep_audit {
            self.audit.retain(|entry| has_not_passed(entry.started_at, keep, now));
        }
    }
}

/// Whether something from then is to be kept still.
fn has_not_passed(from: SystemTime, keep: Duration, now: SystemTime) -> bool {
    from.checked_add(keep).is_none_or(|until| now < until)
}
