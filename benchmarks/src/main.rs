//! Dispatch, measured in one run beside a direct call, a hand-written `Box<dyn Handler>` and the
//! other Rust mediators. Nothing that is timed is asserted; the output is Markdown.
//!
//!     cargo run --release -- dispatch      # the two workloads
//!     cargo run --release -- tasks         # what a task of its own costs
//!     cargo run --release -- all
//!
//! Options: `--rounds N` (41), `--batch-ms N` (4). What a declaration costs the compiler is
//! measured by the other binary: `cargo run --release --bin compile`.

#![deny(unsafe_code)]

#[allow(unsafe_code)]
mod alloc;
mod machine;
mod markdown;
mod measure;
mod peers;
mod table;
mod tasks;
mod workload;

use std::process::ExitCode;
use std::time::Duration;

use measure::Plan;
use tasks::Flavor;
use workload::Workload;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

const USAGE: &str = "usage: benchmarks [dispatch | tasks | all] [--rounds N] [--batch-ms N]";

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok((section, plan)) => {
            println!("{}\n", machine::line());
            if section != "tasks" {
                dispatch(plan);
            }
            if section != "dispatch" {
                own_task(plan);
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
    let (mut section, mut plan) = ("all".to_owned(), Plan::default());
    while let Some(arg) = args.next() {
        let mut number = || {
            let value = args.next().ok_or(format!("{arg} needs a number"))?;
            value
                .parse::<u64>()
                .map_err(|_| format!("`{value}` is not a number"))
        };
        match arg.as_str() {
            "dispatch" | "tasks" | "all" => section = arg,
            "--rounds" => plan.rounds = number()?.max(1) as usize,
            "--batch-ms" => plan.batch = Duration::from_millis(number()?.max(1)),
            _ => return Err(format!("unknown argument `{arg}`")),
        }
    }
    Ok((section, plan))
}

/// The two workloads, alone and on two threads at once.
fn dispatch(plan: Plan) {
    let baselines = ["direct", "`Box<dyn Handler>`"];
    for (workload, title) in [
        (Workload::Sync, "Sync handler, `fn(Ping, &Db)`"),
        (
            Workload::Async,
            "Async handler, `async fn(Ping, &Db, &dyn Orders)`",
        ),
    ] {
        for threads in [1, 2] {
            println!(
                "### {title}, {threads} thread{}\n",
                if threads == 1 { "" } else { "s" }
            );
            let rows = measure::run(Plan { threads, ..plan }, &peers::all(workload), 2);
            println!("{}", table::measured(&rows, &baselines));
        }
    }
    println!("{}\n", peers::NOTE);
}

/// What a task of its own costs, at one caller and at 64.
fn own_task(plan: Plan) {
    for flavor in [Flavor::CurrentThread, Flavor::MultiThread(2)] {
        let runtime = flavor.runtime();
        for callers in [1, 64] {
            println!(
                "### A task of its own, tokio {}, callers: {callers}\n",
                flavor.name()
            );
            let mut candidates = tasks::baselines(&runtime, callers);
            candidates.extend(peers::ours::tasks(&runtime, callers));
            println!(
                "{}",
                table::measured(&measure::run(plan, &candidates, 1), &["spawn"])
            );
        }
    }
}
