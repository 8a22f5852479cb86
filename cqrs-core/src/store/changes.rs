//! [`Changes`]: what a store writes in one commit.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use crate::call::context::Context;
use crate::call::ids::MessageId;
use crate::message::stream::StreamId;
use crate::pipeline::ledger::LedgerEntry;
use crate::store::audit::AuditEntry;
use crate::store::position::Position;

/// What a store writes in one commit, besides what a handler writes itself: data alone, so that every store writes the
/// same. All of it is there afterwards, or nothing.
///
/// Each member says what makes the commit fail; it does so with a fault of kind
/// [`Conflict`](crate::FaultKind::Conflict) and without effect, and then nothing is written. All of that is asked before
/// anything is written, and in the transaction that writes: of two that may not both be written, one is not, however close
/// together they come.
///
/// What one member takes out is out before another one adds: a command that is [settled](Changes::settled) has left the
/// outbox when others are sent, and what is no dead letter [any more](Changes::unparked) can be
/// [put aside](Changes::parked) again.
///
/// Ids are ids: nobody writes two events, or two commands, under one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Changes {
    /// The time, by the clock of the bus. Nothing is ordered by it.
    pub now: SystemTime,
    /// What has to be true of streams before anything is appended: a conflict, where it is not.
    pub expected: Vec<Expected>,
    /// Appended to the log in this order. Each gets the next position of the log, and the next version of its stream.
    pub events: Vec<NewEvent>,
    /// Added to the outbox, in this order. One whose key waits there already, parked or not, is left out: it is the same
    /// command again.
    pub commands: Vec<NewCommand>,
    /// The outcome of an idempotent command: a conflict, where its key has one that has not expired.
    pub outcome: Option<LedgerEntry>,
    /// Rows of the audit trail, for a store that [keeps one](crate::Store::audits). One that does not say which events its
    /// command raised gets the first and the last of [these](Changes::events).
    pub audit: Vec<AuditEntry>,
    /// The command of the outbox that this settles, which leaves it: a conflict, where it has left it before.
    pub settled: Option<MessageId>,
    /// Commands of the outbox that could not be dispatched. It does nothing to one that has left it meanwhile.
    pub postponed: Vec<Postponed>,
    /// How far a subscription has come: a conflict, where somebody else has moved it or has taken it over.
    pub checkpoint: Option<Advance>,
    /// Events that a subscription could not handle, put aside: each instead of what was told of it before.
    pub parked: Vec<DeadLetter>,
    /// Dead letters as they are by now: to be replayed, or replayed without success. One that was resolved is left out.
    pub retold: Vec<DeadLetter>,
    /// Dead letters that are none any more, by subscription and event: a conflict, where one has been none before, so that
    /// what is written with it is written once.
    pub unparked: Vec<(Arc<str>, MessageId)>,
}

impl Changes {
    /// None, at this time.
    #[must_use]
    pub fn at(now: SystemTime) -> Self {
        Changes {
            now,
            expected: Vec::new(),
            events: Vec::new(),
            commands: Vec::new(),
            outcome: None,
            audit: Vec::new(),
            settled: None,
            postponed: Vec::new(),
            checkpoint: None,
            parked: Vec::new(),
            retold: Vec::new(),
            unparked: Vec::new(),
        }
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Changes {
            now: _,
            expected,
            events,
            commands,
            outcome,
            audit,
            settled,
            postponed,
            checkpoint,
            parked,
            retold,
            unparked,
        } = self;
        expected.is_empty()
            && events.is_empty()
            && commands.is_empty()
            && outcome.is_none()
            && audit.is_empty()
            && settled.is_none()
            && postponed.is_empty()
            && checkpoint.is_none()
            && parked.is_empty()
            && retold.is_empty()
            && unparked.is_empty()
    }
}

/// How long a stream is expected to be: optimistic concurrency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Which stream.
    pub stream: StreamId,
    /// The version of its last event; 0 for a stream without any.
    pub version: u64,
}

/// An event on its way into the log.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Its id.
    pub id: MessageId,
    /// What it is about, if it is about one aggregate.
    pub stream: Option<StreamId>,
    /// Its stable name.
    pub name: Cow<'static, str>,
    /// The version of what `payload` looks like.
    pub schema_version: u32,
    /// The event as JSON.
    pub payload: Vec<u8>,
    /// The call that raised it.
    pub call: Context,
}

/// A command on its way into the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCommand {
    /// The id that its call will have.
    pub id: MessageId,
    /// Its name.
    pub name: Cow<'static, str>,
    /// The command as JSON.
    pub payload: Vec<u8>,
    /// Its idempotency key, derived from what sent it.
    pub key: Arc<str>,
    /// Not to be dispatched before.
    pub not_before: SystemTime,
    /// The call that sent it.
    pub call: Context,
}

/// A command that waits in the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct QueuedCommand {
    /// As it was sent.
    pub command: NewCommand,
    /// How often it was tried in vain.
    pub attempts: u32,
    /// Why, the last time.
    pub error: Option<String>,
    /// Whether it is tried no more, until somebody says so.
    pub parked: bool,
}

/// A command of the outbox that could not be dispatched.
#[derive(Debug, Clone, PartialEq)]
pub struct Postponed {
    /// Which.
    pub id: MessageId,
    /// When to try again.
    pub not_before: SystemTime,
    /// How often it was tried in vain by now.
    pub attempts: u32,
    /// Why.
    pub error: Option<String>,
    /// Whether to try no more.
    pub parked: bool,
}

/// One step of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advance {
    /// Its name.
    pub subscription: Arc<str>,
    /// Of the claim under which it was made.
    pub fence: u64,
    /// Where it was.
    pub from: Option<Position>,
    /// Where it is now: at an event that it has handled.
    pub to: Position,
    /// That event, so that another log under the same checkpoint is found out.
    pub event_id: MessageId,
}

/// An event that a subscription could not handle, or one behind it in its stream.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// Who could not handle it.
    pub subscription: Arc<str>,
    /// Where the event stands in the log.
    pub position: Position,
    /// The event.
    pub event_id: MessageId,
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its stream: later events of the same one wait behind it.
    pub stream: Option<StreamId>,
    /// Why, with all sources; nothing, for one that waits behind another.
    pub error: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when.
    pub parked_at: SystemTime,
    /// Whether it is to be tried again.
    pub replay: bool,
}
