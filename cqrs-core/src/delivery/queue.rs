//! A queue of deliveries, and who works on it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::bus::Bus;
use crate::delivery::job::Job;
use crate::future::CatchPanic;
use crate::result::fault::Fault;

/// What waits for one consumer, in order.
#[derive(Default)]
pub(crate) struct Queue(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Arc<Job>>,
    pumped: bool,
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(self: &Arc<Self>, bus: &Bus, job: Arc<Job>) {
        self.waiting().jobs.push_back(job);
        self.pump(bus);
    }

    /// Sees to it that somebody works on the queue, if anything waits.
    pub(crate) fn pump(self: &Arc<Self>, bus: &Bus) {
        let mut waiting = self.waiting();
        if waiting.pumped || waiting.jobs.is_empty() {
            return;
        }
        waiting.pumped = true;
        drop(waiting);
        // Made before the task: a runtime that is shut down drops tasks it never polled.
        let pump = Pump { queue: self.clone(), stalled: bus.delivery().stalled.clone(), done: false };
        tokio::spawn(pump.run(bus.clone()));
    }
}

/// Works on a queue until it is empty. One that is dropped before, with its runtime, leaves the queue to the
/// next; the job it was at is done again.
struct Pump {
    queue: Arc<Queue>,
    stalled: Arc<Notify>,
    done: bool,
}

impl Pump {
    async fn run(mut self, bus: Bus) {
        while let Some(job) = self.next() {
            // Whatever panics there, be it the event's own `Drop`, the queue goes on with the next job.
            let worked = CatchPanic(AssertUnwindSafe(Box::pin(job.work(&bus)))).await;
            let dropped = catch_unwind(AssertUnwindSafe(|| {
                let done = self.queue.waiting().jobs.pop_front();
                drop((job, done));
            }));
            for payload in [worked.err(), dropped.err()].into_iter().flatten() {
                let fault = Fault::panic("a delivery", &*payload);
                tracing::error!(error = %fault, "gave up on a delivery; it was in memory, so it is lost");
            }
        }
        self.done = true;
    }

    fn next(&self) -> Option<Arc<Job>> {
        let mut waiting = self.queue.waiting();
        let next = waiting.jobs.front().cloned();
        waiting.pumped = next.is_some();
        next
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        if !self.done {
            self.queue.waiting().pumped = false;
            self.stalled.notify_waiters();
        }
    }
}
