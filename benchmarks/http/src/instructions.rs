//! Exact instruction counts: a candidate's own batches under callgrind, in a process of their own. Only what serves is
//! counted, and not what builds the requests.

use std::process::{Command, ExitCode, Stdio};

use crate::measure::Candidate;
use crate::requests::{WORKLOADS, Workload};

/// The hidden subcommand that callgrind runs: `calls <workload> <candidate> <calls>`.
pub const COMMAND: &str = "calls";

/// Makes the calls of one candidate, and nothing else.
pub fn repeat(workload: &str, row: &str, calls: &str) -> ExitCode {
    let workload = WORKLOADS.into_iter().find(|known| known.key() == workload);
    let candidates = workload.map(Workload::candidates).unwrap_or_default();
    let candidate = row.parse().ok().and_then(|row: usize| candidates.get(row));
    match (candidate, calls.parse()) {
        (Some(candidate), Ok(calls)) => {
            candidate.batch(calls);
            ExitCode::SUCCESS
        }
        _ => ExitCode::FAILURE,
    }
}

/// Instructions of one request of each candidate: what 10,000 requests more cost, divided by them. Nothing, where
/// `valgrind` is not installed.
pub fn count(workload: Workload, candidates: &[Candidate]) -> Option<Vec<u64>> {
    let of = |row| Some((collected(workload, row, 11_000)? - collected(workload, row, 1_000)?) / 10_000);
    (0..candidates.len()).map(of).collect()
}

fn collected(workload: Workload, row: usize, calls: u32) -> Option<u64> {
    let mut callgrind = Command::new("valgrind");
    callgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    callgrind.arg("--toggle-collect=http_benchmarks::requests::serve*");
    callgrind.arg(std::env::current_exe().ok()?);
    callgrind.args([COMMAND, workload.key(), &row.to_string(), &calls.to_string()]);
    let output = callgrind.stdout(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : "))?.1;
    collected.trim().parse().ok()
}
