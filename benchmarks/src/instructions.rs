//! Exact instruction counts: the candidates' own batches under callgrind, in a process of their own.

use std::process::{Command, ExitCode, Stdio};

use crate::markdown;
use crate::measure::Candidate;

/// The hidden subcommand that callgrind runs: `calls <set> <row> <calls>`.
pub const COMMAND: &str = "calls";

/// Makes the calls of one candidate, and nothing else.
pub fn repeat(candidates: &[Candidate], row: &str, calls: &str) -> ExitCode {
    let candidate = row.parse().ok().and_then(|row: usize| candidates.get(row));
    match (candidate, calls.parse()) {
        (Some(candidate), Ok(calls)) => {
            candidate.batch(calls);
            ExitCode::SUCCESS
        }
        _ => ExitCode::FAILURE,
    }
}

/// Instructions of one call of each candidate: what 10,000 calls more cost, divided by them.
pub fn table(set: &str, candidates: &[Candidate]) -> String {
    let mut rows = Vec::new();
    for (row, candidate) in candidates.iter().enumerate() {
        let (Some(few), Some(many)) = (count(set, row, 1_000), count(set, row, 11_000)) else {
            return "Instruction counts are left out: `valgrind` is not installed.\n".to_owned();
        };
        let call = (many - few) / 10_000;
        rows.push(vec![candidate.name.clone(), call.to_string()]);
    }
    let title = match set {
        "sync" => "Instructions per call, sync handler",
        "async" => "Instructions per call, async handler",
        "pipeline" => "Instructions per call, around an async handler",
        _ => "Instructions per call, a task of its own, current_thread",
    };
    format!("### {title}\n\n{}", markdown::table(&["candidate", "instructions"], &rows))
}

/// The instructions of a whole process that makes so many calls.
fn count(set: &str, row: usize, calls: u32) -> Option<u64> {
    let mut callgrind = Command::new("valgrind");
    callgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    callgrind.arg(std::env::current_exe().ok()?);
    callgrind.args([COMMAND, set, &row.to_string(), &calls.to_string()]);
    let output = callgrind.stdout(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : "))?.1;
    collected.trim().parse().ok()
}
