//! The load that every candidate carries: the same orders, the same number of callers, the same clock.
//!
//! A candidate is a program of its own, since two versions of SQLite cannot be linked into one. It is started for one
//! [`Cell`] of a table, and answers with one line of JSON, a [`Measured`].

#![forbid(unsafe_code)]

mod memory;

use std::fmt::Display;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

pub use memory::{peak_kib, resident_kib};

/// What is measured: one candidate, under one load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Which of the program's candidates.
    pub candidate: String,
    /// What its callers do.
    pub workload: String,
    /// How many of them call at once, each one call after the other.
    pub callers: u64,
    /// For how long.
    pub time: Duration,
    /// The database file. Where it is there already, the load goes on in it.
    pub file: PathBuf,
}

impl Cell {
    /// The cell that the arguments after the program's name ask for.
    ///
    /// # Errors
    /// How the program is called.
    pub fn of_arguments(arguments: impl Iterator<Item = String>) -> Result<Cell, String> {
        let arguments: Vec<String> = arguments.collect();
        let usage = || "usage: <candidate> <workload> <callers> <milliseconds> <file>".to_owned();
        let [candidate, workload, callers, time, file] = &*arguments else { return Err(usage()) };
        let number = |text: &str| text.parse::<u64>().map_err(|_| usage());
        Ok(Cell {
            candidate: candidate.clone(),
            workload: workload.clone(),
            callers: number(callers)?.max(1),
            time: Duration::from_millis(number(time)?),
            file: file.into(),
        })
    }

    /// The same, for a program's command line.
    #[must_use]
    pub fn arguments(&self) -> [String; 5] {
        let Cell { candidate, workload, callers, time, file } = self;
        let (callers, time) = (callers.to_string(), time.as_millis().to_string());
        [candidate.clone(), workload.clone(), callers, time, file.display().to_string()]
    }
}

/// What came of a cell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Calls that were answered within the time, for each second of it.
    pub rate: f64,
    /// Calls that failed, for each that was answered.
    pub failed: f64,
    /// How long the middle one of the calls took, in microseconds.
    pub p50_us: f64,
    /// How long all but one in a hundred took at most, in microseconds.
    pub p99_us: f64,
    /// The process's memory before the load, in KiB.
    pub rest_kib: u64,
    /// The most that it was, in KiB.
    pub peak_kib: u64,
    /// The version of SQLite that the program is linked with.
    #[serde(default)]
    pub sqlite: String,
}

/// An order: what the event of every candidate says, about 200 bytes as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its number, also of its stream.
    pub order: u64,
    /// For whom.
    pub customer: String,
    /// Where to.
    pub address: String,
    /// What.
    pub article: String,
    /// How many.
    pub quantity: u32,
    /// For how much.
    pub cents: u32,
    /// What else is to be known.
    pub note: String,
}

impl Order {
    /// The order of this number: no two of a run are alike.
    #[must_use]
    pub fn number(order: u64) -> Order {
        Order {
            order,
            customer: "Ada Lovelace".to_owned(),
            address: "12 St James's Square, London SW1Y".to_owned(),
            article: "punched cards, 18 columns".to_owned(),
            quantity: 3,
            cents: 1_299,
            note: "leave them with the porter, please".to_owned(),
        }
    }

    /// As JSON.
    ///
    /// # Panics
    /// Never: an order is JSON.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("an order is JSON")
    }
}

/// How long the callers call before it counts.
const WARM_UP: Duration = Duration::from_millis(300);

/// Carries the load of a cell: every caller calls with numbers that no other has, one call after the other.
///
/// # Panics
/// Where a caller does.
pub async fn carry<F, E>(cell: &Cell, call: impl Fn(u64) -> F + Clone + Send + 'static) -> Measured
where
    F: Future<Output = Result<(), E>> + Send,
    E: Display,
{
    let rest_kib = resident_kib();
    let begin = Instant::now() + WARM_UP;
    let end = begin + cell.time;
    // What a file has from an earlier run is not met again.
    let first = fs::metadata(&cell.file).map_or(0, |file| file.len()) << 24;
    let caller = |caller: u64| {
        let call = call.clone();
        tokio::spawn(async move {
            let (mut took, mut failed, mut said) = (Vec::with_capacity(4_096), 0_u64, None);
            for number in 0.. {
                let start = Instant::now();
                if start >= end {
                    break;
                }
                let result = call(first + number * 4_096 + caller).await;
                let now = Instant::now();
                match result {
                    Ok(()) if now >= begin && now < end => took.push((now - start).as_nanos() as u64),
                    Ok(()) => {}
                    Err(error) => {
                        failed += 1;
                        said.get_or_insert_with(|| error.to_string());
                    }
                }
            }
            (took, failed, said)
        })
    };
    let callers: Vec<_> = (0..cell.callers).map(caller).collect();
    let (mut took, mut failed) = (Vec::new(), 0);
    for caller in callers {
        let (its, errors, said) = caller.await.expect("a caller panicked");
        took.extend(its);
        failed += errors;
        if let Some(error) = said {
            eprintln!("{}: a call failed: {error}", cell.candidate);
        }
    }
    took.sort_unstable();
    let at = |share: f64| took.get((took.len() as f64 * share) as usize).map_or(0.0, |nanos| *nanos as f64 / 1e3);
    Measured {
        rate: took.len() as f64 / cell.time.as_secs_f64(),
        failed: failed as f64 / took.len().max(1) as f64,
        p50_us: at(0.5),
        p99_us: at(0.99),
        rest_kib,
        peak_kib: peak_kib(),
        sqlite: String::new(),
    }
}

/// The runtime of every candidate: one worker for each processor.
///
/// # Panics
/// Where the system has no thread for it.
#[must_use]
pub fn runtime() -> Arc<tokio::runtime::Runtime> {
    Arc::new(tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a tokio runtime starts"))
}

/// What a candidate's program is: answers the cell of its command line.
///
/// # Errors
/// What the candidate says, or how the program is called.
pub fn answer<F>(run: impl FnOnce(Cell) -> F) -> Result<(), Box<dyn std::error::Error>>
where
    F: Future<Output = Result<Measured, Box<dyn std::error::Error>>>,
{
    let cell = Cell::of_arguments(std::env::args().skip(1))?;
    let measured = runtime().block_on(run(cell))?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}
