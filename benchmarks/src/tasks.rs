//! What a task of its own costs: `tokio::spawn` and join, on both kinds of runtime, for one caller
//! and for many. A call that opens a resource cannot be cheaper than this.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};

use crate::measure::Candidate;
use crate::workload::{DB, Ping, answer_later, orders};

/// A runtime to measure on.
#[derive(Clone, Copy)]
pub enum Flavor {
    CurrentThread,
    MultiThread(usize),
}

impl Flavor {
    pub fn name(self) -> String {
        match self {
            Self::CurrentThread => "current_thread".into(),
            Self::MultiThread(workers) => format!("multi_thread({workers})"),
        }
    }

    pub fn runtime(self) -> Arc<Runtime> {
        let built = match self {
            Self::CurrentThread => Builder::new_current_thread().enable_all().build(),
            Self::MultiThread(workers) => Builder::new_multi_thread().worker_threads(workers).enable_all().build(),
        };
        Arc::new(built.expect("a tokio runtime starts"))
    }
}

/// Calls from `callers` tasks at once, each one call after the other. The time is that of the
/// whole batch divided by its calls: the inverse of the throughput.
pub fn candidate<R, F>(
    name: impl Into<String>,
    runtime: Arc<Runtime>,
    callers: u64,
    call: impl Fn(u64) -> F + Clone + Send + Sync + 'static,
) -> Candidate
where
    F: Future<Output = R> + Send,
{
    Candidate::new(name, move |calls| {
        let call = call.clone();
        let batch = async move {
            let start = Instant::now();
            let caller = |_| {
                let call = call.clone();
                tokio::spawn(async move {
                    for i in 0..calls / callers {
                        black_box(call(i).await);
                    }
                })
            };
            let callers: Vec<_> = (0..callers).map(caller).collect();
            for caller in callers {
                caller.await.expect("a caller panicked");
            }
            start.elapsed()
        };
        // In a task, so that the batch runs on a worker: the thread in `block_on` is none.
        runtime.block_on(runtime.spawn(batch)).expect("a batch panicked")
    })
}

/// The baselines: `tokio::spawn` first, then the same handler awaited in place.
pub fn baselines(runtime: &Arc<Runtime>, callers: u64) -> Vec<Candidate> {
    let spawned = |i| async move { tokio::spawn(answer_later(Ping::new(i), black_box(&DB), orders())).await };
    let in_place = |i| answer_later(Ping::new(i), black_box(&DB), orders());
    vec![
        candidate("`tokio::spawn` and join", runtime.clone(), callers, spawned),
        candidate("awaited in place, no task", runtime.clone(), callers, in_place),
    ]
}
