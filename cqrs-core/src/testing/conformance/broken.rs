//! Stores that do one thing wrong: [`BrokenStore`], so that it is known what the suite finds.

mod flaw;
mod log;
mod writing;

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

pub use flaw::Flaw;

use crate::call::ids::MessageId;
use crate::future::BoxFuture;
use crate::pipeline::ledger::{LedgerEntry, LedgerKey};
use crate::result::fault::Fault;
use crate::store::audit::{AuditEntry, AuditQuery};
use crate::store::changes::{Changes, DeadLetter, QueuedCommand};
use crate::store::in_memory::InMemoryStore;
use crate::store::log::{Reading, StoredEvent};
use crate::store::position::Position;
use crate::store::records::Records;
use crate::store::{Checkpoint, Claim, Store};
use crate::testing::conformance::subject::Subject;
use crate::unit::UnitOfWork;
use log::Numbers;

/// A store around another one, with a [`Flaw`] or with none.
///
/// ```
/// use cqrs_core::testing::conformance::{self, Broken, Flaw};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let report = conformance::run(Broken::by(Flaw::IgnoresWhatIsExpected)).await;
/// assert!(report.failed().contains(&"streams::a_wrong_expectation_leaves_nothing"));
/// # }
/// ```
#[derive(Clone)]
pub struct BrokenStore(Arc<Around>);

struct Around {
    inner: Arc<dyn Store>,
    flaw: Option<Flaw>,
    gate: Option<Gate>,
    numbers: Numbers,
    /// The latest time that anybody claimed anything at.
    latest: Mutex<SystemTime>,
    /// When it was purged last.
    purged: Mutex<Option<SystemTime>>,
}

impl BrokenStore {
    /// Around this store, with this flaw.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>, flaw: Flaw) -> Self {
        BrokenStore::around(inner, Some(flaw), None)
    }

    /// Around this store, which it is like, but for commits that wait at a gate.
    pub(super) fn gated(inner: Arc<dyn Store>, gate: Gate) -> Self {
        BrokenStore::around(inner, None, Some(gate))
    }

    fn around(inner: Arc<dyn Store>, flaw: Option<Flaw>, gate: Option<Gate>) -> Self {
        let (latest, purged) = (Mutex::new(SystemTime::UNIX_EPOCH), Mutex::default());
        BrokenStore(Arc::new(Around { inner, flaw, gate, numbers: Numbers::default(), latest, purged }))
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.0.flaw == Some(flaw)
    }
}

impl std::fmt::Debug for BrokenStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BrokenStore").field("flaw", &self.0.flaw).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for BrokenStore {
    type Unit = BrokenUnit;

    fn write(&self, changes: Changes) -> BoxFuture<'_, Result<(), Fault>> {
        Box::pin(async move {
            if let Some(gate) = &self.0.gate {
                gate.pass().await;
            }
            self.write_wrongly(changes).await
        })
    }

    fn read(&self, reading: Reading) -> BoxFuture<'_, Result<Vec<StoredEvent>, Fault>> {
        Box::pin(self.read_wrongly(reading))
    }

    fn head(&self) -> BoxFuture<'_, Result<Option<(Position, MessageId)>, Fault>> {
        Box::pin(self.head_wrongly())
    }

    fn find<'a>(&'a self, key: &'a LedgerKey, now: SystemTime) -> BoxFuture<'a, Result<Option<LedgerEntry>, Fault>> {
        Box::pin(async move {
            let other = LedgerKey { tenant: key.tenant.clone().filter(|tenant| !tenant.is_empty()), ..key.clone() };
            let found = match self.has(Flaw::TakesAnEmptyTenantForNone) {
                true => self.0.inner.find(&other, now).await?.map(|entry| LedgerEntry { key: key.clone(), ..entry }),
                false => self.0.inner.find(key, now).await?,
            };
            let forgets = self.has(Flaw::ForgetsWhatFollowsFromEvents) && lock(&self.0.purged).is_some();
            Ok(found.filter(|_| !(forgets && key.follows_from().is_some())))
        })
    }

    fn due(&self, now: SystemTime, limit: usize) -> BoxFuture<'_, Result<Vec<QueuedCommand>, Fault>> {
        Box::pin(async move {
            let mut due = self.0.inner.due(now, limit).await?;
            if self.has(Flaw::DispatchesTheLatestFirst) {
                due.reverse();
            }
            due.iter_mut().for_each(|queued| self.hide_what_was_added(queued));
            Ok(due)
        })
    }

    fn next_due(&self) -> BoxFuture<'_, Result<Option<SystemTime>, Fault>> {
        self.0.inner.next_due()
    }

    fn parked_commands(&self) -> BoxFuture<'_, Result<Vec<QueuedCommand>, Fault>> {
        self.0.inner.parked_commands()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<Option<Checkpoint>, Fault>> {
        Box::pin(async move {
            let mut claim = claim.clone();
            if self.has(Flaw::BelievesAClockThatWasAhead) {
                let mut latest = lock(&self.0.latest);
                *latest = claim.now.max(*latest);
                claim.now = *latest;
            }
            if self.has(Flaw::GivesASubscriptionToTwo) {
                // Nobody who had it has it still, a lease and more from now.
                claim.now = claim.now.checked_add(claim.lease * 2).unwrap_or(claim.now);
                claim.lease = Duration::ZERO;
            }
            self.0.inner.claim(&claim).await
        })
    }

    fn release<'a>(&'a self, subscription: &'a str, owner: MessageId) -> BoxFuture<'a, Result<(), Fault>> {
        match self.has(Flaw::DoesNotLetGo) {
            true => Box::pin(std::future::ready(Ok(()))),
            false => self.0.inner.release(subscription, owner),
        }
    }

    fn checkpoint<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<Option<Checkpoint>, Fault>> {
        self.0.inner.checkpoint(subscription)
    }

    fn dead_letters<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<Vec<DeadLetter>, Fault>> {
        Box::pin(async move {
            let mut letters = self.0.inner.dead_letters(subscription).await?;
            if self.has(Flaw::OrdersDeadLettersByTheirTime) {
                letters.sort_by_key(|letter| std::cmp::Reverse(letter.position));
            }
            Ok(letters)
        })
    }

    fn audited(&self, query: AuditQuery) -> BoxFuture<'_, Result<Vec<AuditEntry>, Fault>> {
        Box::pin(async move {
            let tenant = query.tenant.clone().filter(|_| !self.has(Flaw::AuditsForAnyTenant));
            let mut rows = self.0.inner.audited(AuditQuery { tenant, ..query }).await?;
            if self.has(Flaw::DoesNotSayWhichEvents) {
                rows.iter_mut().for_each(|row| row.events = None);
            }
            Ok(rows)
        })
    }

    fn audits(&self) -> bool {
        self.0.inner.audits()
    }

    fn purge(&self, now: SystemTime) -> BoxFuture<'_, Result<(), Fault>> {
        *lock(&self.0.purged) = Some(now);
        self.0.inner.purge(now)
    }

    fn changed(&self, seen: u64) -> BoxFuture<'_, u64> {
        match self.has(Flaw::WakesNobody) {
            true => Box::pin(std::future::pending()),
            false => self.0.inner.changed(seen),
        }
    }

    fn describe(&self) -> String {
        match self.0.flaw {
            Some(flaw) => format!("{}, broken: {flaw:?}", self.0.inner.describe()),
            None => self.0.inner.describe(),
        }
    }
}

/// The unit of work of a [`BrokenStore`]: what the call's buffers recorded, written by the store.
#[derive(Debug)]
pub struct BrokenUnit(BrokenStore);

impl UnitOfWork for BrokenUnit {
    type Store = BrokenStore;

    async fn open(store: &Arc<BrokenStore>) -> Result<Self, Fault> {
        Ok(BrokenUnit(BrokenStore::clone(store)))
    }

    async fn commit(self, records: &Records) -> Result<(), Fault> {
        self.0.write(records.changes()?).await
    }
}

/// The [`Subject`] of a broken store in memory.
#[derive(Debug, Clone, Copy)]
pub struct Broken(Option<Flaw>);

impl Broken {
    /// With this flaw.
    #[must_use]
    pub fn by(flaw: Flaw) -> Self {
        Broken(Some(flaw))
    }

    /// With none: what is around the store does no harm itself.
    #[must_use]
    pub fn by_nothing() -> Self {
        Broken(None)
    }
}

impl Subject for Broken {
    type Store = BrokenStore;

    async fn fresh(&self) -> BrokenStore {
        BrokenStore::around(Arc::new(InMemoryStore::default()), self.0, None)
    }

    async fn reopen(&self, store: BrokenStore) -> Option<BrokenStore> {
        match self.0 {
            Some(Flaw::ForgetsWhenItIsOpened) => Some(self.fresh().await),
            _ => Some(store),
        }
    }

    fn beside(&self, store: &BrokenStore) -> impl Future<Output = Option<BrokenStore>> + Send {
        std::future::ready(Some(store.clone()))
    }
}

/// What a commit waits at.
#[derive(Clone)]
pub(super) struct Gate {
    is_open: watch::Sender<bool>,
    reached: watch::Sender<bool>,
}

impl Gate {
    pub(super) fn closed() -> Self {
        Gate { is_open: watch::Sender::new(false), reached: watch::Sender::new(false) }
    }

    /// Lets through one who waits, or else the next one.
    pub(super) fn open(&self) {
        self.is_open.send_replace(true);
    }

    /// Waits until somebody waits at it.
    pub(super) async fn reached(&self) {
        drop(self.reached.subscribe().wait_for(|reached| *reached).await);
    }

    async fn pass(&self) {
        self.reached.send_replace(true);
        drop(self.is_open.subscribe().wait_for(|is_open| *is_open).await);
        self.reached.send_replace(false);
        self.is_open.send_replace(false);
    }
}
