//! Counting what is under way, to wait until nothing is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// How many are under way.
#[derive(Clone, Default)]
pub(crate) struct Counter(Arc<Inner>);

#[derive(Default)]
struct Inner {
    count: AtomicUsize,
    idle: Notify,
}

/// One that is under way, until it is dropped.
pub(crate) struct Busy(Arc<Inner>);

impl Counter {
    pub(crate) fn enter(&self) -> Busy {
        // In one order with the flag of a bus that shuts down.
        self.0.count.fetch_add(1, Ordering::SeqCst);
        Busy(self.0.clone())
    }

    /// Waits until nothing is under way.
    pub(crate) async fn idle(&self) {
        loop {
            // Asked for before the count is read, so that a change between the two is not missed.
            let changed = self.0.idle.notified();
            if self.0.count.load(Ordering::SeqCst) == 0 {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}
