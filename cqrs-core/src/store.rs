//! [`Store`]: what keeps events, outbox, outcomes and checkpoints, for the bus to work on.
//!
//! A store does two things. It opens [units of work](UnitOfWork), in whose commit a handler's own writes and the
//! [`Changes`] of its call are one; and it does what the bus asks of it besides calls, which is this trait. What any
//! store has to do is written down as a suite that runs on it: `testing::conformance`, with the feature `testing`.

pub(crate) mod audit;
pub(crate) mod audit_buffer;
pub(crate) mod changes;
pub(crate) mod in_memory;
mod in_memory_tables;
pub(crate) mod info;
pub(crate) mod log;
pub(crate) mod of_bus;
pub(crate) mod position;
pub(crate) mod records;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub use audit::{AuditEntry, AuditOutcome, AuditQuery};
pub use changes::{Advance, Changes, DeadLetter, Expected, NewCommand, NewEvent, Postponed, QueuedCommand};
pub use log::{Reading, StoredEvent};
pub use position::{NoPosition, Position};

use crate::call::ids::MessageId;
use crate::container::provider::ProviderInfo;
use crate::future::BoxFuture;
use crate::pipeline::ledger::{LedgerEntry, LedgerKey};
use crate::result::fault::Fault;
use crate::unit::UnitOfWork;

/// What keeps events, outbox, outcomes, audit trail and checkpoints.
///
/// The bus of a program in which a store is [provided](macro@crate::provide) uses it; nothing else is to be configured.
/// Every fault of a write says by its [effect](Fault::effect) whether nothing happened or nobody knows.
///
/// Text is kept as it is, whatever it is: two names, keys or streams are the same only if their bytes are. Times are kept
/// to the microsecond at least, before 1970 too; one that is too far from that to be told is kept as the nearest that can
/// be. What is asked for as of a time is answered by the times that were written, and never by a clock of the store's own.
pub trait Store: Send + Sync + 'static {
    /// The units of work of its calls.
    type Unit: UnitOfWork<Store = Self>
    where
        Self: Sized;

    /// What else a bus has that has this store, each made of it: a connection that only reads, for example.
    #[doc(hidden)]
    fn provides() -> &'static [&'static ProviderInfo]
    where
        Self: Sized,
    {
        &[]
    }

    /// Writes this in one commit. It is kept, whatever happens to the process, when this answers `Ok`; and not before that
    /// is it seen by anybody, in this process or another one. To write [nothing](Changes::is_empty) is no error.
    ///
    /// # Errors
    /// A fault of kind [`Conflict`](crate::FaultKind::Conflict) where the changes say so, or another one.
    fn write(&self, changes: Changes) -> BoxFuture<'_, Result<(), Fault>>;

    /// Events of the log, in its order. An event is never skipped because one before it was committed later: whoever
    /// has read up to a position has seen all there ever will be up to it. Events of one write stand together, and those of
    /// a stream have the versions 1, 2, 3 and so on, without a gap.
    ///
    /// # Errors
    /// A fault.
    fn read(&self, reading: Reading) -> BoxFuture<'_, Result<Vec<StoredEvent>, Fault>>;

    /// The last event of the log, if it has one: whoever asks and then [reads](Store::read) finds all there ever will be
    /// up to it.
    ///
    /// # Errors
    /// A fault.
    fn head(&self) -> BoxFuture<'_, Result<Option<(Position, MessageId)>, Fault>>;

    /// What came of the command with this key, if that is known and has not expired by `now`, purged or not. What
    /// [follows from an event](LedgerKey::follows_from) does not expire, and is known until it is [purged](Store::purge).
    ///
    /// # Errors
    /// A fault.
    fn find<'a>(&'a self, key: &'a LedgerKey, now: SystemTime) -> BoxFuture<'a, Result<Option<LedgerEntry>, Fault>>;

    /// Commands of the outbox that may be dispatched at `now`, up to so many: what is due longest first, and of that what
    /// was sent first.
    ///
    /// # Errors
    /// A fault.
    fn due(&self, now: SystemTime, limit: usize) -> BoxFuture<'_, Result<Vec<QueuedCommand>, Fault>>;

    /// When the next command of the outbox may be dispatched, if one waits that is not parked.
    ///
    /// # Errors
    /// A fault.
    fn next_due(&self) -> BoxFuture<'_, Result<Option<SystemTime>, Fault>>;

    /// Commands of the outbox that are parked, in the order in which they were sent.
    ///
    /// # Errors
    /// A fault.
    fn parked_commands(&self) -> BoxFuture<'_, Result<Vec<QueuedCommand>, Fault>>;

    /// Takes over a subscription, or goes on with it: its checkpoint, or `None` while somebody else has it.
    ///
    /// A subscription that is claimed for the first time begins where [`Claim::start`] says, and that is kept. A claim
    /// by another owner than before, or by anybody after a [release](Store::release), raises the fence, so that whoever had
    /// it can move it no more. A lease is over at the moment at which it ends. One that would end later than one taken now, by
    /// more than another lease, is none: the clock has been set back.
    ///
    /// # Errors
    /// A fault.
    fn claim<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<Option<Checkpoint>, Fault>>;

    /// Lets go of a subscription, so that somebody else need not wait for the end of its lease. It does nothing
    /// where `owner` does not have it.
    ///
    /// # Errors
    /// A fault.
    fn release<'a>(&'a self, subscription: &'a str, owner: MessageId) -> BoxFuture<'a, Result<(), Fault>>;

    /// How far a subscription has come, if anybody ever claimed it.
    ///
    /// # Errors
    /// A fault.
    fn checkpoint<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<Option<Checkpoint>, Fault>>;

    /// What a subscription could not handle, in the order of the log.
    ///
    /// # Errors
    /// A fault.
    fn dead_letters<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<Vec<DeadLetter>, Fault>>;

    /// Rows of the audit trail, the one that was written last first; none, where it [keeps](Store::audits) none.
    ///
    /// # Errors
    /// A fault.
    fn audited(&self, query: AuditQuery) -> BoxFuture<'_, Result<Vec<AuditEntry>, Fault>>;

    /// Whether it keeps an audit trail.
    fn audits(&self) -> bool;

    /// Forgets what has been kept long enough by `now`: outcomes and rows of the audit trail. How long is the store's
    /// own affair. The outcome of what [follows from an event](LedgerKey::follows_from) is kept as long as the event can be
    /// delivered to its subscription: until that is past it, and has no dead letter of it. A row of the audit trail may be
    /// kept longer, behind one that is to be kept and was written before it.
    ///
    /// # Errors
    /// A fault.
    fn purge(&self, now: SystemTime) -> BoxFuture<'_, Result<(), Fault>>;

    /// Waits until something was written that whoever saw `seen` may not know of, by this process or another one, and
    /// answers what to ask with the next time. Whoever has seen nothing asks with 0. It may answer for nothing, and not
    /// again and again where nobody writes.
    fn changed(&self, seen: u64) -> BoxFuture<'_, u64>;

    /// What to call it in the log: the path of a file, for example.
    fn describe(&self) -> String;
}

/// Who wants to run a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The subscription's name.
    pub subscription: Arc<str>,
    /// Who runs it: an id of this bus in this process.
    pub owner: MessageId,
    /// The time now, by the clock of the bus.
    pub now: SystemTime,
    /// For how long, unless it is claimed again before.
    pub lease: Duration,
    /// Where it begins, if nobody ever claimed it.
    pub start: Start,
}

impl Claim {
    /// When the lease ends that it takes. One that is longer than a thousand years ends then.
    #[must_use]
    pub fn until(&self) -> SystemTime {
        const LONGEST: Duration = Duration::from_secs(1_000 * 31_556_952);
        self.now.checked_add(self.lease.min(LONGEST)).unwrap_or(self.now)
    }
}

/// Where a subscription begins that is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    /// With the first event of the log.
    Beginning,
    /// With what comes from now on.
    Now,
}

/// How far a subscription has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last event that it has handled, and where it stands; none, at the beginning of the log.
    pub at: Option<(Position, MessageId)>,
    /// How often it has changed hands.
    pub fence: u64,
}

impl Checkpoint {
    /// The position of the last event that was handled.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.at.map(|(position, _)| position)
    }
}
