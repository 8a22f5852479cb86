//! What a store has to say, worked out the simple way: lists that are gone through, and seconds for times.

mod asked;
mod made;

use std::time::{Duration, SystemTime};

use cqrs_core::store::Position;
use cqrs_core::{LedgerKey, MessageId};

pub(crate) use asked::compare;
pub(crate) use made::{Op, Part, ops};

pub(crate) const STREAMS: [&str; 3] = ["cart-1", "cart-2", "order-1"];
pub(crate) const SUBSCRIPTIONS: [&str; 2] = ["mail", "billing"];

/// How long outcomes and rows of the audit trail are kept, in seconds.
pub(crate) const KEEP_OUTCOMES: i64 = 60;
pub(crate) const KEEP_AUDIT: i64 = 90;

/// The time that a number of seconds is; the clock of the oracle begins at 0.
pub(crate) fn time(seconds: i64) -> SystemTime {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
    match u64::try_from(seconds) {
        Ok(seconds) => start + Duration::from_secs(seconds),
        Err(_) => start - Duration::from_secs(seconds.unsigned_abs()),
    }
}

#[derive(Default)]
pub(crate) struct Oracle {
    pub(crate) now: i64,
    pub(crate) events: Vec<Event>,
    /// In the order in which they were sent.
    pub(crate) queue: Vec<Queued>,
    /// Every command that was ever sent.
    pub(crate) sent: Vec<MessageId>,
    pub(crate) outcomes: Vec<Outcome>,
    /// Every key that was ever used.
    pub(crate) keys: Vec<LedgerKey>,
    /// In the order in which they were written.
    pub(crate) audit: Vec<Row>,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) letters: Vec<Letter>,
}

pub(crate) struct Event {
    pub(crate) id: MessageId,
    pub(crate) stream: Option<&'static str>,
    pub(crate) version: Option<u64>,
    pub(crate) at: i64,
    /// Where the store says it stands: the oracle knows only that it stays there, behind the one before it.
    pub(crate) position: Option<Position>,
}

#[derive(Clone)]
pub(crate) struct Queued {
    pub(crate) id: MessageId,
    pub(crate) key: String,
    pub(crate) due: i64,
    pub(crate) attempts: u32,
    pub(crate) parked: bool,
}

pub(crate) struct Outcome {
    pub(crate) key: LedgerKey,
    pub(crate) text: String,
    pub(crate) at: i64,
}

pub(crate) struct Row {
    pub(crate) id: MessageId,
    pub(crate) started: i64,
    /// The numbers of the first and the last event of its command.
    pub(crate) events: Option<(usize, usize)>,
    /// It was kept long enough, and stands behind one that was not.
    pub(crate) may_be_gone: bool,
}

pub(crate) struct Subscription {
    pub(crate) name: &'static str,
    /// The number of the event it is at.
    pub(crate) at: Option<usize>,
    pub(crate) fence: u64,
    pub(crate) owner: Option<MessageId>,
    pub(crate) until: i64,
}

#[derive(Clone)]
pub(crate) struct Letter {
    pub(crate) subscription: &'static str,
    /// The number of its event.
    pub(crate) event: usize,
    pub(crate) attempts: u32,
    pub(crate) replay: bool,
}

/// What is written at once, in the oracle's words.
#[derive(Default)]
pub(crate) struct Writing {
    pub(crate) expected: Vec<(&'static str, u64)>,
    pub(crate) events: Vec<(MessageId, Option<&'static str>)>,
    pub(crate) commands: Vec<(MessageId, String, i64)>,
    pub(crate) outcome: Option<(LedgerKey, String)>,
    pub(crate) audit: Vec<(MessageId, i64)>,
    pub(crate) settled: Option<MessageId>,
    pub(crate) postponed: Vec<(MessageId, i64, u32, bool)>,
    /// Subscription, fence, from, to.
    pub(crate) step: Option<(&'static str, u64, Option<usize>, usize)>,
    pub(crate) parked: Vec<Letter>,
    pub(crate) unparked: Vec<(&'static str, usize)>,
}

impl Oracle {
    pub(crate) fn version(&self, stream: &str) -> u64 {
        self.events.iter().filter(|event| event.stream == Some(stream)).count() as u64
    }

    pub(crate) fn subscription(&self, name: &str) -> Option<&Subscription> {
        self.subscriptions.iter().find(|subscription| subscription.name == name)
    }

    pub(crate) fn outcome(&self, key: &LedgerKey) -> Option<&Outcome> {
        let outcome = self.outcomes.iter().find(|outcome| outcome.key == *key)?;
        (key.is_system || outcome.at + KEEP_OUTCOMES > self.now).then_some(outcome)
    }

    /// Whether all of it is to be written; it is then, and nothing of it otherwise.
    pub(crate) fn write(&mut self, writing: Writing) -> bool {
        let Writing { expected, events, commands, outcome, audit, settled, postponed, step, parked, unparked } =
            writing;
        let is_conflict = expected.iter().any(|(stream, version)| self.version(stream) != *version)
            || outcome.as_ref().is_some_and(|(key, _)| self.outcome(key).is_some())
            || settled.is_some_and(|id| !self.queue.iter().any(|queued| queued.id == id))
            || step.is_some_and(|(name, fence, from, _)| {
                self.subscription(name).is_none_or(|kept| kept.fence != fence || kept.at != from)
            })
            || unparked.iter().enumerate().any(|(n, (name, event))| {
                let is_it = |letter: &Letter| letter.subscription == *name && letter.event == *event;
                !self.letters.iter().any(is_it) || unparked[..n].contains(&(*name, *event))
            });
        if is_conflict {
            return false;
        }
        let first = self.events.len();
        for (id, stream) in events {
            let version = stream.map(|stream| self.version(stream) + 1);
            self.events.push(Event { id, stream, version, at: self.now, position: None });
        }
        let raised = (first < self.events.len()).then(|| (first, self.events.len() - 1));
        self.queue.retain(|queued| Some(queued.id) != settled);
        for (id, key, due) in commands {
            self.sent.push(id);
            if !self.queue.iter().any(|queued| queued.key == key) {
                self.queue.push(Queued { id, key, due, attempts: 0, parked: false });
            }
        }
        for (id, due, attempts, parked) in postponed {
            for queued in self.queue.iter_mut().filter(|queued| queued.id == id) {
                (queued.due, queued.attempts, queued.parked) = (due, attempts, parked);
            }
        }
        if let Some((key, text)) = outcome {
            self.outcomes.retain(|outcome| outcome.key != key);
            self.outcomes.push(Outcome { key, text, at: self.now });
        }
        let row = |(id, started)| Row { id, started, events: raised, may_be_gone: false };
        self.audit.extend(audit.into_iter().map(row));
        if let Some((name, _, _, to)) = step {
            let moved = self.subscriptions.iter_mut().filter(|subscription| subscription.name == name);
            moved.for_each(|subscription| subscription.at = Some(to));
        }
        unparked.into_iter().for_each(|(name, event)| self.unpark(name, event));
        for letter in parked {
            self.unpark(letter.subscription, letter.event);
            self.letters.push(letter);
        }
        true
    }

    fn unpark(&mut self, subscription: &str, event: usize) {
        self.letters.retain(|letter| letter.subscription != subscription || letter.event != event);
    }

    /// Whether it is had by who claims it.
    pub(crate) fn claim(&mut self, name: &'static str, owner: MessageId, from_start: bool, lease: i64) -> bool {
        if self.subscription(name).is_none() {
            let at = if from_start { None } else { self.events.len().checked_sub(1) };
            self.subscriptions.push(Subscription { name, at, fence: 0, owner: None, until: self.now });
        }
        let (now, until) = (self.now, self.now + lease);
        let Some(kept) = self.subscriptions.iter_mut().find(|kept| kept.name == name) else { return false };
        let is_held = now < kept.until && kept.until <= until + lease;
        if is_held && kept.owner.is_some_and(|other| other != owner) {
            return false;
        }
        kept.fence += u64::from(kept.owner != Some(owner));
        (kept.owner, kept.until) = (Some(owner), until);
        true
    }

    pub(crate) fn release(&mut self, name: &str, owner: MessageId) {
        let kept = self.subscriptions.iter_mut().filter(|kept| kept.name == name && kept.owner == Some(owner));
        kept.for_each(|kept| kept.owner = None);
    }

    pub(crate) fn purge(&mut self) {
        let outcomes = std::mem::take(&mut self.outcomes);
        let kept = |outcome: &Outcome| outcome.at + KEEP_OUTCOMES > self.now || self.may_come_again(&outcome.key);
        self.outcomes = outcomes.into_iter().filter(kept).collect();
        for row in &mut self.audit {
            row.may_be_gone |= row.started + KEEP_AUDIT <= self.now;
        }
        let gone = self.audit.iter().take_while(|row| row.started + KEEP_AUDIT <= self.now).count();
        self.audit.drain(..gone);
    }

    /// Whether the event that a key was derived from can be delivered to its subscription.
    fn may_come_again(&self, key: &LedgerKey) -> bool {
        let event = self.events.iter().position(|event| key.is_system && key.key.contains(&event.id.to_string()));
        let (Some(event), Some(name)) = (event, key.principal.as_deref()) else { return false };
        self.letters.iter().any(|letter| letter.subscription == name && letter.event == event)
            || self.subscription(name).is_some_and(|kept| kept.at < Some(event))
    }
}
