//! A store that does not always answer.
#![allow(dead_code, reason = "not every test wants all of it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, SystemTime};

use cqrs_core::store::{Changes, Checkpoint, Claim, Reading};
use cqrs_core::{
    AuditEntry, AuditQuery, BoxFuture, DeadLetter, Fault, InMemoryStore, LedgerEntry, LedgerKey, MessageId, Position,
    QueuedCommand, Records, Store, StoredEvent, UnitOfWork,
};

/// A store in memory whose checkpoints may be out of reach, and which takes its time to let go of one.
#[derive(Clone)]
pub(crate) struct Flaky {
    pub(crate) inner: InMemoryStore,
    /// How it answers now.
    pub(crate) now: Arc<AtomicU8>,
}

pub(crate) const ANSWERS: u8 = 0;
pub(crate) const FAILS: u8 = 1;
pub(crate) const HANGS: u8 = 2;

impl Default for Flaky {
    fn default() -> Self {
        Flaky { inner: InMemoryStore::new(Duration::from_secs(60), None), now: Arc::default() }
    }
}

pub(crate) struct FlakyUnit(Arc<Flaky>);

impl UnitOfWork for FlakyUnit {
    type Store = Flaky;

    async fn open(store: &Arc<Flaky>) -> Result<Self, Fault> {
        Ok(FlakyUnit(store.clone()))
    }

    async fn commit(self, records: &Records) -> Result<(), Fault> {
        self.0.inner.write(records.changes()?).await
    }
}

impl Store for Flaky {
    type Unit = FlakyUnit;

    fn checkpoint<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<Option<Checkpoint>, Fault>> {
        match self.now.load(Ordering::SeqCst) {
            ANSWERS => self.inner.checkpoint(subscription),
            FAILS => Box::pin(async { Err(Fault::unavailable("the disk of db.internal is gone")) }),
            _ => Box::pin(std::future::pending()),
        }
    }

    fn write(&self, changes: Changes) -> BoxFuture<'_, Result<(), Fault>> {
        self.inner.write(changes)
    }

    fn read(&self, reading: Reading) -> BoxFuture<'_, Result<Vec<StoredEvent>, Fault>> {
        self.inner.read(reading)
    }

    fn head(&self) -> BoxFuture<'_, Result<Option<(Position, MessageId)>, Fault>> {
        self.inner.head()
    }

    fn find<'a>(&'a self, key: &'a LedgerKey, now: SystemTime) -> BoxFuture<'a, Result<Option<LedgerEntry>, Fault>> {
        Store::find(&self.inner, key, now)
    }

    fn due(&self, now: SystemTime, limit: usize) -> BoxFuture<'_, Result<Vec<QueuedCommand>, Fault>> {
        self.inner.due(now, limit)
    }

    fn next_due(&self) -> BoxFuture<'_, Result<Option<SystemTime>, Fault>> {
        self.inner.next_due()
    }

    fn parked_commands(&self) -> BoxFuture<'_, Result<Vec<QueuedCommand>, Fault>> {
        self.inner.parked_commands()
    }

    fn claim<'a>(&'a self, claim: &'a Claim) -> BoxFuture<'a, Result<Option<Checkpoint>, Fault>> {
        self.inner.claim(claim)
    }

    fn release<'a>(&'a self, subscription: &'a str, owner: MessageId) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.inner.release(subscription, owner).await
        })
    }

    fn dead_letters<'a>(&'a self, subscription: &'a str) -> BoxFuture<'a, Result<Vec<DeadLetter>, Fault>> {
        self.inner.dead_letters(subscription)
    }

    fn audited(&self, query: AuditQuery) -> BoxFuture<'_, Result<Vec<AuditEntry>, Fault>> {
        self.inner.audited(query)
    }

    fn audits(&self) -> bool {
        self.inner.audits()
    }

    fn purge(&self, now: SystemTime) -> BoxFuture<'_, Result<(), Fault>> {
        self.inner.purge(now)
    }

    fn changed(&self, seen: u64) -> BoxFuture<'_, u64> {
        self.inner.changed(seen)
    }

    fn describe(&self) -> String {
        "a flaky store".to_owned()
    }
}
