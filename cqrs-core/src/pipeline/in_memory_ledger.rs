//! [`InMemoryLedger`]: outcomes of idempotent commands, in the memory of the process.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::future::BoxFuture;
use crate::pipeline::ledger::{Ledger, LedgerEntry, LedgerKey};
use crate::result::fault::Fault;
use crate::unit::Scope;
use crate::unit::in_memory::InMemoryUnit;

/// A [`Ledger`] in memory: it forgets when the process ends, and its records join an
/// [`InMemoryUnit`](crate::InMemoryUnit).
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use cqrs_core::{Bus, InMemoryLedger, Ledger};
///
/// let ledger = InMemoryLedger::new(10_000, Duration::from_secs(24 * 60 * 60));
/// let bus = Bus::builder().provide_dyn::<dyn Ledger>(Arc::new(ledger)).build();
/// ```
///
/// A record is kept for its whole time to live: when the ledger is full, further idempotent commands with a key end in
/// a fault of kind [`Unavailable`](crate::FaultKind::Unavailable), since to forget one would be to carry it out twice.
#[derive(Clone)]
pub struct InMemoryLedger {
    kept: Arc<Mutex<Kept>>,
    capacity: usize,
    time_to_live: Duration,
}

#[derive(Default)]
struct Kept {
    entries: HashMap<LedgerKey, LedgerEntry>,
    /// When each is forgotten; they all live equally long.
    expiries: VecDeque<(Instant, LedgerKey)>,
    /// What calls will write when they commit.
    staged: HashSet<LedgerKey>,
}

impl InMemoryLedger {
    /// Keeps up to `capacity` outcomes, each for `time_to_live`.
    #[must_use]
    pub fn new(capacity: usize, time_to_live: Duration) -> Self {
        InMemoryLedger { kept: Arc::default(), capacity, time_to_live }
    }

    /// How many outcomes it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.kept().entries.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is not yet to be forgotten.
    fn kept(&self) -> MutexGuard<'_, Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while let Some((_, key)) = kept.expiries.pop_front_if(|(expiry, _)| *expiry <= now) {
            kept.entries.remove(&key);
        }
        kept
    }
}

impl Ledger for InMemoryLedger {
    fn find<'a>(&'a self, key: &'a LedgerKey) -> BoxFuture<'a, Result<Option<LedgerEntry>, Fault>> {
        Box::pin(async { Ok(self.kept().entries.get(key).cloned()) })
    }

    fn stage<'a>(&'a self, scope: &'a mut Scope, entry: LedgerEntry) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let room = Room::reserve(self, &entry.key)?;
            scope.unit::<InMemoryUnit>().await?.on_commit(move || room.write(entry));
            Ok(())
        })
    }
}

/// Room for one record, held until it is written or its call came to nothing.
struct Room {
    ledger: InMemoryLedger,
    key: LedgerKey,
}

impl Room {
    /// A commit in memory cannot fail any more, so of two calls with one key the second fails here.
    fn reserve(ledger: &InMemoryLedger, key: &LedgerKey) -> Result<Self, Fault> {
        let mut kept = ledger.kept();
        if kept.entries.contains_key(key) || kept.staged.contains(key) {
            return Err(Fault::conflict(format!("the idempotency key `{}` has an outcome already", key.key)));
        }
        if kept.entries.len() + kept.staged.len() >= ledger.capacity {
            return Err(Fault::unavailable(format!(
                "the ledger in memory holds {} outcomes, which is all it may, and none has expired; give `InMemoryLedger` \
                 a larger capacity or a shorter time to live",
                ledger.capacity
            )));
        }
        kept.staged.insert(key.clone());
        Ok(Room { ledger: ledger.clone(), key: key.clone() })
    }

    fn write(self, entry: LedgerEntry) {
        // One that would end behind the end of the clock does not end.
        let expiry = Instant::now().checked_add(self.ledger.time_to_live);
        let mut kept = self.ledger.kept();
        kept.expiries.extend(expiry.map(|expiry| (expiry, entry.key.clone())));
        kept.entries.insert(entry.key.clone(), entry);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.ledger.kept.lock().unwrap_or_else(PoisonError::into_inner).staged.remove(&self.key);
    }
}

impl fmt::Debug for InMemoryLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemoryLedger")
            .field("capacity", &self.capacity)
            .field("time_to_live", &self.time_to_live)
            .finish_non_exhaustive()
    }
}
