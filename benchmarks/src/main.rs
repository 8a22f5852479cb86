//! Dispatch, measured in one run beside a direct call, a hand-written `Box<dyn Handler>` and the
//! other Rust mediators. Nothing that is timed is asserted; the output is Markdown.
//!
//!     cargo run --release -- dispatch      # the two workloads
//!     cargo run --release -- tasks         # what a task of its own costs
//!     cargo run --release -- pipeline      # what is declared around a handler costs
//!     cargo run --release -- instructions  # all of it, in instructions (needs valgrind)
//!     cargo run --release -- budgets       # what the last runs say of the budgets
//!
//! Options: `--rounds N` (41), `--batch-ms N` (4). What a declaration costs the compiler is
//! measured by the binary `compile`, what many message types cost by the binary `scale`.

#![deny(unsafe_code)]

#[allow(unsafe_code)]
mod alloc;
mod budgets;
mod figures;
mod instructions;
mod machine;
mod markdown;
mod measure;
mod peers;
mod pipeline;
mod table;
mod tasks;
mod workload;

use std::process::ExitCode;
use std::time::Duration;

use measure::{Candidate, Plan, Row};
use tasks::Flavor;
use workload::Workload;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

const USAGE: &str =
    "usage: benchmarks [machine | dispatch | tasks | pipeline | instructions | budgets] [--rounds N] [--batch-ms N]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, set, row, calls] = &*arguments
        && command == instructions::COMMAND
    {
        return instructions::repeat(&candidates(set), row, calls);
    }
    match parse(arguments.into_iter()) {
        Ok((section, plan)) => {
            match &*section {
                "machine" => println!("{}", machine::line()),
                "tasks" => own_task(plan),
                "pipeline" => around(plan),
                "budgets" => println!("{}", budgets::table()),
                "instructions" => {
                    for set in SETS {
                        println!("{}", instructions::table(set, &candidates(set)));
                    }
                }
                _ => dispatch(plan),
            }
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}\n{USAGE}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<(String, Plan), String> {
    let (mut section, mut plan) = ("dispatch".to_owned(), Plan::default());
    while let Some(arg) = args.next() {
        let mut number = || {
            let value = args.next().ok_or(format!("{arg} needs a number"))?;
            value.parse::<u64>().map_err(|_| format!("`{value}` is not a number"))
        };
        match arg.as_str() {
            "machine" | "dispatch" | "tasks" | "pipeline" | "instructions" | "budgets" => section = arg,
            "--rounds" => plan.rounds = number()?.max(1) as usize,
            "--batch-ms" => plan.batch = Duration::from_millis(number()?.max(1)),
            _ => return Err(format!("unknown argument `{arg}`")),
        }
    }
    Ok((section, plan))
}

/// The sets of candidates whose instructions are counted.
const SETS: [&str; 4] = ["sync", "async", "task", "pipeline"];

fn candidates(set: &str) -> Vec<Candidate> {
    match set {
        "sync" => peers::all(Workload::Sync),
        "async" => peers::all(Workload::Async),
        "pipeline" => pipeline::candidates(),
        _ => own_tasks(Flavor::CurrentThread, 1),
    }
}

fn own_tasks(flavor: Flavor, callers: u64) -> Vec<Candidate> {
    let runtime = flavor.runtime();
    let mut candidates = tasks::baselines(&runtime, callers);
    candidates.extend(peers::ours::tasks(&runtime, callers));
    candidates
}

/// The two workloads, alone and on two threads at once.
fn dispatch(plan: Plan) {
    let baselines = ["direct", "`Box<dyn Handler>`"];
    for (workload, title) in [
        (Workload::Sync, "Sync handler, `fn(Ping, &Db)`"),
        (Workload::Async, "Async handler, `async fn(Ping, &Db, &dyn Orders)`"),
    ] {
        for threads in [1, 2] {
            println!("### {title}, {threads} thread{}\n", if threads == 1 { "" } else { "s" });
            let rows = measure::run(Plan { threads, ..plan }, &peers::all(workload), 2);
            if threads == 1 {
                keep(if workload == Workload::Sync { "sync" } else { "async" }, &rows);
            }
            println!("{}", table::measured(&rows, &baselines));
        }
    }
    println!("{}\n", peers::NOTE);
}

/// What a task of its own costs, at one caller and at 64.
fn own_task(plan: Plan) {
    for flavor in [Flavor::CurrentThread, Flavor::MultiThread(2)] {
        for callers in [1, 64] {
            println!("### A task of its own, tokio {}, callers: {callers}\n", flavor.name());
            let rows = measure::run(plan, &own_tasks(flavor, callers), 1);
            if matches!(flavor, Flavor::CurrentThread) {
                keep(if callers == 1 { "task" } else { "task 64" }, &rows);
            }
            println!("{}", table::measured(&rows, &["spawn"]));
        }
    }
}

/// What the elements of a pipeline cost.
fn around(plan: Plan) {
    println!("### Around an async handler\n");
    let rows = measure::run(plan, &pipeline::candidates(), 2);
    keep("pipeline", &rows);
    println!("{}", table::measured(&rows, &["nothing", "nothing, by a principal"]));
}

/// For the table of budgets.
fn keep(set: &str, rows: &[Row]) {
    for Row { name, allocations, time, ratios } in rows {
        figures::keep(&format!("{set} {name} ns"), time.median);
        figures::keep(&format!("{set} {name} allocations"), *allocations);
        figures::keep(&format!("{set} {name} ratio"), ratios[0].median);
    }
}
