//! [`InMemoryStore`]: a store in the memory of the process.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use crate::call::ids::MessageId;
use crate::future::BoxFuture;
use crate::pipeline::ledger::{LedgerEntry, LedgerKey};
use crate::result::fault::Fault;
use crate::store::audit::{AuditEntry, AuditQuery};
use crate::store::changes::{Changes, DeadLetter, QueuedCommand};
use crate::store::in_memory_tables::Tables;
use crate::store::log::{Reading, StoredEvent};
use crate::store::position::Position;
use crate::store::{Checkpoint, Claim, Store};
use crate::unit::in_memory::InMemoryUnit;

/// A [`Store`] in memory: everything a store does, and nothing of it outlives the process. For tests, and to try things
/// out. Its unit of work is the [`InMemoryUnit`].
///
/// ```standalone_crate
/// use cqrs_core::{AuditQuery, Bus, InMemoryStore, command, handler};
///
/// #[command]
/// struct Sweep;
///
/// #[handler]
/// fn sweep(_: Sweep) {}
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), cqrs_core::Fault> {
/// let bus = Bus::builder().store(InMemoryStore::default()).build();
/// let started = bus.start().await.unwrap();
/// bus.execute(Sweep).await.unwrap();
/// started.shutdown().await;
/// assert_eq!(bus.audit(AuditQuery::default()).await?[0].command, "Sweep");
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct InMemoryStore(Arc<Kept>);

struct Kept {
    tables: Mutex<Tables>,
    /// Held by a unit from its check to its end, so that what was checked is still so.
    turn: tokio::sync::Mutex<()>,
    written: watch::Sender<u64>,
    audits: bool,
    /// Whether this is the store of a bus; what stands in for one keeps nothing.
    logs: bool,
}

/// How long outcomes are kept unless the store is told otherwise.
pub(crate) const KEEP_OUTCOMES: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// How long rows of the audit trail are kept unless the store is told otherwise.
pub(crate) const KEEP_AUDIT: Duration = Duration::from_secs(90 * 24 * 60 * 60);

impl Default for InMemoryStore {
    fn default() -> Self {
        InMemoryStore::new(KEEP_OUTCOMES, Some(KEEP_AUDIT))
    }
}

impl InMemoryStore {
    /// Keeps outcomes of idempotent commands for one time, and rows of the audit trail for another; without that it keeps
    /// no audit trail.
    #[must_use]
    pub fn new(outcomes: Duration, audit: Option<Duration>) -> Self {
        Self::made(Tables::new(outcomes, audit), audit.is_some(), true)
    }

    /// What the unit of a bus without a store is opened from.
    pub(crate) fn none() -> Self {
        Self::made(Tables::new(Duration::ZERO, None), false, false)
    }

    fn made(tables: Tables, audits: bool, logs: bool) -> Self {
        let written = watch::Sender::new(1);
        let (tables, turn) = (Mutex::new(tables), tokio::sync::Mutex::default());
        InMemoryStore(Arc::new(Kept { tables, turn, written, audits, logs }))
    }

    /// A panic elsewhere leaves the tables whole: whatever is to be written is checked before anything is.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask<'a, T: Send + 'a>(
        &self,
        ask: impl FnOnce(&mut Tables) -> Result<T, Fault>,
    ) -> BoxFuture<'a, Result<T, Fault>> {
        Box::pin(std::future::ready(ask(&mut self.tables())))
    }

    /// Whether a call's changes are to be written at all.
    pub(crate) fn logs(&self) -> bool {
        self.0.logs
    }

    /// Writes changes together with what a handler has put off.
    pub(crate) async fn commit(&self, changes: Changes, apply: impl FnOnce()) -> Result<(), Fault> {
        let _turn = self.0.turn.lock().await;
        self.tables().check(&changes)?;
        // What it does may ask the store something.
        apply();
        self.tables().apply(changes);
        self.0.written.send_modify(|count| *count += 1);
        Ok(())
    }
}

impl fmt::Debug for InMemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemoryStore").field("events", &self.tables().head().map(|(at, _)| at)).finish_non_exhaustive()
    }
}

impl Store for InMemoryStore {
    type Unit = InMemoryUnit;

    fn write(&self, changes: Changes) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(self.commit(changes, || ()))
    }

    fn read(&self, reading: Reading) -> BoxFuture<'_, Result<Vec<StoredEvent>, Fault>> {
        self.ask(|tables| Ok(tables.read(&reading)))
    }

    fn head(&self) -> BoxFuture<'_, Result<Option<(Position, MessageId)>, Fault>> {
        self.ask(|tables| Ok(tables.head()))
    }

    fn find<'a>(&'a self, key: &'a LedgerKey, now: SystemTime) -> BoxFuture<'a, Result<Option<LedgerEntry>, Fault>> {
        self.ask(|tables| Ok(tables.outcome(key, now).cloned()))
    }

    fn due(&self, now: SystemTime, limit: usize) -> BoxFuture<'_, Result<Vec<QueuedCommand>, Fault>> {
        self.ask(|tables| Ok(tables.due(now, limit)))
    }

    fn next_due(&self) -> BoxFuture<'_, Result<Option<SystemTime>, Fault>> {
        self.ask(|tables| Ok(tables.next_due()))
    }

    fn parked_commands(&self) -> BoxFuture<'_, Result<Vec<QueuedCommand>, Fault>> {
        self.ask(|tables| Ok(tables.parked_commands()))
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<Option<Checkpoint>, Fault>> {
        self.ask(|tables| Ok(tables.claim(claim)))
    }

    fn release<'a>(&'a self, subscription: &'a str, owner: MessageId) -> BoxFuture<'a, Result<(), Fault>> {
        self.ask(|tables| {
            tables.release(subscription, owner);
            Ok(())
        })
    }

    fn checkpoint<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<Option<Checkpoint>, Fault>> {
        self.ask(|tables| Ok(tables.checkpoint(subscription)))
    }

    fn dead_letters<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<Vec<DeadLetter>, Fault>> {
        self.ask(|tables| Ok(tables.dead_letters(subscription)))
    }

    fn audited(&self, query: AuditQuery) -> BoxFuture<'_, Result<Vec<AuditEntry>, Fault>> {
        self.ask(|tables| Ok(tables.audited(&query)))
    }

    fn audits(&self) -> bool {
        self.0.audits
    }

    fn purge(&self, now: SystemTime) -> BoxFuture<'_, Result<(), Fault>> {
        self.ask(|tables| {
            tables.purge(now);
            Ok(())
        })
    }

    fn changed(&self, seen: u64) -> BoxFuture<'_, u64> {
        let mut written = self.0.written.subscribe();
        Box::pin(async move {
            // The sender lives as long as the store that is asked.
            match written.wait_for(|count| *count != seen).await {
                Ok(count) => *count,
                Err(_) => seen,
            }
        })
    }

    fn describe(&self) -> String {
        "the memory of the process".to_owned()
    }
}

#[cfg(feature = "inventory")]
inventory::submit! {
    crate::handler::registry::Entry::Store(|| const { &crate::store::info::StoreInfo::of::<InMemoryStore>() })
}
