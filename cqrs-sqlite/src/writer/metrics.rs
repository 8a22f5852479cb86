//! What the writer counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What the writer has done so far, and what waits for it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct WriterMetrics {
    /// Writes that wait in the queue.
    pub queued: usize,
    /// Transactions that were committed with something in them.
    pub groups: u64,
    /// Writes that were committed, buffered and interactive.
    pub committed: u64,
    /// Writes of which nothing is left: rejected, faulty, or given up by their callers.
    pub rolled_back: u64,
    /// Writes that ran again alone, since the transaction that they shared was lost.
    pub run_again: u64,
    /// The most writes that one transaction held.
    pub largest_group: u64,
    /// Interactive transactions that held the writer.
    pub holds: u64,
    /// How long interactive transactions held the writer, together.
    pub held: Duration,
    /// The longest that one of them did.
    pub longest_hold: Duration,
    /// Checkpoints of the write-ahead log.
    pub checkpoints: u64,
}

/// [`WriterMetrics`] while they are counted.
#[derive(Default)]
pub(crate) struct Counters {
    groups: AtomicU64,
    committed: AtomicU64,
    rolled_back: AtomicU64,
    run_again: AtomicU64,
    largest_group: AtomicU64,
    holds: AtomicU64,
    held: AtomicU64,
    longest_hold: AtomicU64,
    checkpoints: AtomicU64,
}

impl Counters {
    pub(crate) fn group(&self, committed: usize) {
        let committed = committed as u64;
        self.groups.fetch_add(1, Ordering::Relaxed);
        self.committed.fetch_add(committed, Ordering::Relaxed);
        self.largest_group.fetch_max(committed, Ordering::Relaxed);
    }

    pub(crate) fn rolled_back(&self, writes: usize) {
        self.rolled_back.fetch_add(writes as u64, Ordering::Relaxed);
    }

    pub(crate) fn run_again(&self) {
        self.run_again.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn hold(&self, held: Duration) {
        let nanos = u64::try_from(held.as_nanos()).unwrap_or(u64::MAX);
        self.holds.fetch_add(1, Ordering::Relaxed);
        self.held.fetch_add(nanos, Ordering::Relaxed);
        self.longest_hold.fetch_max(nanos, Ordering::Relaxed);
    }

    pub(crate) fn checkpoint(&self) {
        self.checkpoints.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self, queued: usize) -> WriterMetrics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        WriterMetrics {
            queued,
            groups: read(&self.groups),
            committed: read(&self.committed),
            rolled_back: read(&self.rolled_back),
            run_again: read(&self.run_again),
            largest_group: read(&self.largest_group),
            holds: read(&self.holds),
            held: Duration::from_nanos(read(&self.held)),
            longest_hold: Duration::from_nanos(read(&self.longest_hold)),
            checkpoints: read(&self.checkpoints),
        }
    }
}
