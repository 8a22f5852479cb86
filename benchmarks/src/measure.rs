//! Interleaved rounds, medians, and exact allocation counts.
//!
//! In every round each candidate runs one batch, and each round begins with another candidate, so
//! that a change of the machine's speed meets all of them. Ratios are taken inside a round and
//! their median is reported: they are steadier than the ratio of two medians.

use std::sync::Barrier;
use std::time::Duration;

use crate::alloc;

/// Something to measure: a batch makes `calls` calls and says how long they took.
pub struct Candidate {
    pub name: String,
    run: Box<dyn Fn(u64) -> Duration + Send + Sync>,
}

impl Candidate {
    /// A candidate that makes and times its own batches.
    pub fn new(name: impl Into<String>, batch: impl Fn(u64) -> Duration + Send + Sync + 'static) -> Self {
        Self { name: name.into(), run: Box::new(batch) }
    }

    /// Makes that many calls, and says how long they took.
    pub fn batch(&self, calls: u64) -> Duration {
        (self.run)(calls)
    }

    /// Allocations of one call: what a batch twice as long makes more.
    fn allocations(&self) -> f64 {
        const CALLS: u64 = 6_400;
        self.batch(CALLS);
        let once = alloc::count(|| _ = self.batch(CALLS));
        let twice = alloc::count(|| _ = self.batch(2 * CALLS));
        (twice as f64 - once as f64) / CALLS as f64
    }

    /// How many calls take about `time`.
    fn calls_in(&self, time: Duration) -> u64 {
        let mut calls = 64;
        loop {
            let took = self.batch(calls);
            if took * 4 > time {
                let scaled = calls as f64 * time.as_secs_f64() / took.as_secs_f64();
                return (scaled as u64).max(64);
            }
            calls *= 2;
        }
    }

    /// Nanoseconds of one call when `threads` threads call at once; the slowest thread counts.
    fn nanoseconds(&self, calls: u64, threads: usize) -> f64 {
        let took = if threads == 1 {
            self.batch(calls)
        } else {
            let barrier = Barrier::new(threads);
            let run = || {
                barrier.wait();
                self.batch(calls)
            };
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
                let took = threads.into_iter().map(|t| t.join().expect("a candidate panicked"));
                took.max().expect("there is a thread")
            })
        };
        took.as_nanos() as f64 / calls as f64
    }
}

/// How long to measure.
#[derive(Clone, Copy)]
pub struct Plan {
    pub rounds: usize,
    /// How long one batch takes, roughly.
    pub batch: Duration,
    pub threads: usize,
}

impl Default for Plan {
    fn default() -> Self {
        Self { rounds: 41, batch: Duration::from_millis(4), threads: 1 }
    }
}

/// What was measured of one candidate.
pub struct Row {
    pub name: String,
    pub allocations: f64,
    /// Nanoseconds per call.
    pub time: Spread,
    /// The ratios to each baseline, taken round by round.
    pub ratios: Vec<Spread>,
}

/// Median and extremes of one number over the rounds.
#[derive(Clone, Copy)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Spread {
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self { median: values[values.len() / 2], min: values[0], max: values[values.len() - 1] }
    }
}

/// Measures the candidates against the first `baselines` of them.
pub fn run(plan: Plan, candidates: &[Candidate], baselines: usize) -> Vec<Row> {
    let calls: Vec<u64> = candidates.iter().map(|c| c.calls_in(plan.batch)).collect();
    let allocations: Vec<f64> = candidates.iter().map(Candidate::allocations).collect();

    let mut times = vec![Vec::with_capacity(plan.rounds); candidates.len()];
    for round in 0..plan.rounds {
        for turn in 0..candidates.len() {
            let i = (turn + round) % candidates.len();
            times[i].push(candidates[i].nanoseconds(calls[i], plan.threads));
        }
    }

    let row = |(i, candidate): (usize, &Candidate)| Row {
        name: candidate.name.clone(),
        allocations: allocations[i],
        time: Spread::of(times[i].clone()),
        ratios: times[..baselines]
            .iter()
            .map(|base| Spread::of(times[i].iter().zip(base).map(|(t, b)| t / b).collect()))
            .collect(),
    };
    candidates.iter().enumerate().map(row).collect()
}
