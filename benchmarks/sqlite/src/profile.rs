//! Where the time of a command goes: allocations exactly, instructions exactly, and how to look closer.

use std::error::Error;
use std::process::{Command, Stdio};

use cqrs_core::Bus;

use crate::alloc;
use crate::markdown;
use crate::ours;
use crate::rounds;

/// The hidden subcommand that callgrind runs: `calls <workload> <calls>`.
pub const CALLS: &str = "calls";

const WORKLOADS: [(&str, &str); 5] = [
    ("event", "one event"),
    ("own-sql-deferred", "`ReadDb` and `defer_execute`"),
    ("own-sql-run", "both in one `WriteTx::run`"),
    ("own-sql-statements", "`WriteTx::one`, then `WriteTx::execute`"),
    ("query", "a point query"),
];

/// What the commands take, whoever does it: caller, handler, bus, writer and SQLite.
///
/// # Errors
/// What the store says.
pub fn table() -> Result<String, Box<dyn Error>> {
    let mut rows = Vec::new();
    for (workload, name) in WORKLOADS {
        let instructions = match (instructions(workload, 1_000), instructions(workload, 5_000)) {
            (Some(few), Some(many)) => ((many - few) / 4_000).to_string(),
            _ => "-".to_owned(),
        };
        rows.push(vec![name.to_owned(), format!("{:.1}", allocations(workload)?), instructions]);
    }
    let head = ["call, 64 callers", "allocations", "instructions"];
    Ok(format!("### What a call takes, SQLite included\n\n{}\n{LOOK}\n", markdown::table(&head, &rows)))
}

const LOOK: &str = "By function: `valgrind --tool=callgrind --callgrind-out-file=out target/release/sqlite-benchmarks \
                    calls event 5000`, then `callgrind_annotate out`; or `perf record -g` of the same.";

/// What a batch twice as long allocates more.
fn allocations(workload: &str) -> Result<f64, Box<dyn Error>> {
    const CALLS: u64 = 6_400;
    let file = rounds::folder("profile")?.join("bench.db");
    let runtime = load::runtime();
    let bus = Bus::builder().store(runtime.block_on(ours::open(&file))?).build();
    let mut first = 0;
    let mut batch = |count| {
        let result = runtime.block_on(ours::repeat(&bus, workload, first, count));
        first += count;
        result
    };
    batch(CALLS)?;
    let mut result = Ok(());
    let once = alloc::count(|| result = batch(CALLS));
    result?;
    let mut result = Ok(());
    let twice = alloc::count(|| result = batch(2 * CALLS));
    result?;
    Ok((twice as f64 - once as f64) / CALLS as f64)
}

/// Makes so many calls of a workload, and nothing else.
///
/// # Errors
/// What the store says.
pub fn calls(workload: &str, count: &str) -> Result<(), Box<dyn Error>> {
    let file = rounds::folder("calls")?.join("bench.db");
    load::runtime().block_on(async {
        let bus = Bus::builder().store(ours::open(&file).await?).build();
        ours::repeat(&bus, workload, 0, count.parse()?).await
    })
}

/// The instructions of a whole process that makes so many calls.
fn instructions(workload: &str, calls: u64) -> Option<u64> {
    let mut callgrind = Command::new("valgrind");
    callgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    callgrind.arg(std::env::current_exe().ok()?);
    callgrind.args([CALLS, workload, &calls.to_string()]);
    let output = callgrind.stdout(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : "))?.1;
    collected.trim().parse().ok()
}
