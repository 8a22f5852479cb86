//! The SQLite store beside hand-written rusqlite, the other Rust event stores on SQLite, and the disk alone. Nothing
//! that is timed is asserted; the output is Markdown.
//!
//!     ./run                                  # builds the peers too, and writes the section of BENCHMARKS.md
//!     cargo run --release -- events          # commands that raise one event, and memory
//!     cargo run --release -- own-sql         # commands with one SELECT and one INSERT
//!     cargo run --release -- queries         # point queries
//!     cargo run --release -- delivery        # durable handlers
//!     cargo run --release -- growth          # logs of 10^4 to 10^6 events: some 2 GB, and minutes
//!     cargo run --release -- profile         # allocations and instructions of a call (needs valgrind)
//!     cargo run --release -- budgets         # what the last runs say of the budgets
//!
//! Options: `--rounds N` (5), `--cell-ms N` (1000). A peer's program that is not there is left out, and the table says
//! so.

#![deny(unsafe_code)]

#[path = "../../src/alloc.rs"]
#[allow(unsafe_code)]
mod alloc;
mod disk;
#[path = "../../src/figures.rs"]
mod figures;
mod limit;
#[path = "../../src/machine.rs"]
mod machine;
#[path = "../../src/markdown.rs"]
mod markdown;
mod ours;
mod profile;
mod rounds;
mod sections;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use load::{Cell, Measured};
use rounds::Plan;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

const USAGE: &str = "usage: sqlite-benchmarks [machine | events | own-sql | queries | delivery | growth | profile | \
                     budgets] [--rounds N] [--cell-ms N]";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let result = match (arguments.next().as_deref(), arguments.len()) {
        (Some(rounds::CELL), _) => cell(arguments),
        (Some(profile::CALLS), 2) => {
            let (workload, count) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_default());
            profile::calls(&workload, &count)
        }
        _ => report(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Answers one cell, in a process of its own.
fn cell(arguments: impl Iterator<Item = String>) -> Result<(), Box<dyn Error>> {
    let cell = Cell::of_arguments(arguments)?;
    let measured: Measured = match &*cell.candidate {
        "disk" => disk::run(&cell)?,
        "ours" | "reads" => load::runtime().block_on(ours::run(cell))?,
        _ => load::runtime().block_on(limit::run(cell))?,
    };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

fn report() -> Result<(), Box<dyn Error>> {
    let (section, plan) = parse(std::env::args().skip(1)).map_err(|message| format!("{message}\n{USAGE}"))?;
    match &*section {
        "machine" => println!("{}", machine::line()),
        "events" => println!("{}", sections::events(plan)),
        "own-sql" => println!("{}", sections::own_sql(plan)),
        "queries" => println!("{}", sections::queries(plan)),
        "delivery" => println!("{}", sections::delivery(plan)),
        "growth" => println!("{}", load::runtime().block_on(sections::growth(plan))?),
        "profile" => println!("{}", profile::table()?),
        _ => println!("{}", sections::budgets()),
    }
    Ok(())
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<(String, Plan), String> {
    let mut plan = Plan { rounds: 5, time: Duration::from_secs(1) };
    let mut section = "events".to_owned();
    while let Some(arg) = args.next() {
        let mut number = || {
            let value = args.next().ok_or(format!("{arg} needs a number"))?;
            value.parse::<u64>().map_err(|_| format!("`{value}` is not a number"))
        };
        match arg.as_str() {
            "machine" | "events" | "own-sql" | "queries" | "delivery" | "growth" | "profile" | "budgets" => {
                section = arg;
            }
            "--rounds" => plan.rounds = number()?.max(1) as usize,
            "--cell-ms" => plan.time = Duration::from_millis(number()?.max(1)),
            _ => return Err(format!("unknown argument `{arg}`")),
        }
    }
    Ok((section, plan))
}
