//! What the load generator is asked for, and what it answers: one line of JSON.

#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What is measured: one sort of request, over so many connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Where the application listens.
    pub address: SocketAddr,
    /// Who asks.
    pub token: String,
    /// What is sent.
    pub workload: String,
    /// How many connections stay open, each with one request at a time.
    pub connections: u64,
    /// For how long.
    pub time: Duration,
}

impl Cell {
    /// The cell that the arguments after the program's name ask for.
    ///
    /// # Errors
    /// How the program is called.
    pub fn of_arguments(arguments: impl Iterator<Item = String>) -> Result<Cell, String> {
        let arguments: Vec<String> = arguments.collect();
        let usage = || "usage: <address> <token> <workload> <connections> <milliseconds>".to_owned();
        let [address, token, workload, connections, time] = &*arguments else { return Err(usage()) };
        let number = |text: &str| text.parse::<u64>().map_err(|_| usage());
        Ok(Cell {
            address: address.parse().map_err(|_| usage())?,
            token: token.clone(),
            workload: workload.clone(),
            connections: number(connections)?.max(1),
            time: Duration::from_millis(number(time)?),
        })
    }

    /// The same, for a program's command line.
    #[must_use]
    pub fn arguments(&self) -> [String; 5] {
        let Cell { address, token, workload, connections, time } = self;
        let time = time.as_millis().to_string();
        [address.to_string(), token.clone(), workload.clone(), connections.to_string(), time]
    }
}

/// What came of a cell.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Requests that were answered with 2xx within the time, for each second of it.
    pub rate: f64,
    /// How long the middle one of them took, in microseconds.
    pub p50_us: f64,
    /// How long all but one in a hundred took at most, in microseconds.
    pub p99_us: f64,
    /// How many requests were answered with another status, before the time too.
    pub other: u64,
    /// How many requests were answered at all, before the time too.
    pub answered: u64,
    /// The processor time of this program, in microseconds, before the time too.
    pub cpu_us: f64,
}

/// The processor time of a process so far, in microseconds; 0 where the system does not tell.
#[must_use]
pub fn cpu_us(process: u32) -> f64 {
    // Linux counts it in hundredths of a second, behind the name, which is in parentheses.
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10_000.0
}
