//! The HTTP edge beside hand-written axum handlers that do the same work, in one process and on one bus; and a whole
//! application over sockets. Nothing that is timed is asserted; the output is Markdown.
//!
//!     ./run                                # builds the application too, and writes the section of BENCHMARKS.md
//!     cargo run --release -- edge          # allocations, instructions (needs valgrind) and time of a request
//!     cargo run --release -- application   # requests over connections that stay open
//!     cargo run --release -- budgets       # what the last run says of the bars
//!
//! Options: `--rounds N` (201; of the application 5), `--batch-ms N` (4; of the application 2000).

#![deny(unsafe_code)]

#[path = "../../src/alloc.rs"]
#[allow(unsafe_code)]
mod alloc;
mod application;
mod by_hand;
mod edge;
#[path = "../../src/figures.rs"]
mod figures;
mod instructions;
#[path = "../../src/machine.rs"]
mod machine;
#[path = "../../src/markdown.rs"]
mod markdown;
#[path = "../../src/measure.rs"]
mod measure;
mod requests;
mod things;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: alloc::Counting = alloc::Counting;

const USAGE: &str = "usage: http-benchmarks [machine | edge | application | budgets] [--rounds N] [--batch-ms N]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [command, workload, row, calls] = &*arguments
        && command == instructions::COMMAND
    {
        return instructions::repeat(workload, row, calls);
    }
    match report(arguments.into_iter()) {
        Ok(text) => {
            println!("{}", text.trim_end());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn report(arguments: impl Iterator<Item = String>) -> Result<String, Box<dyn Error>> {
    let (section, rounds, batch) = parse(arguments).map_err(|message| format!("{message}\n{USAGE}"))?;
    match &*section {
        "machine" => Ok(machine::line()),
        "budgets" => Ok(edge::budgets()),
        "application" => {
            let (rounds, time) = (rounds.unwrap_or(5), batch.unwrap_or(Duration::from_secs(2)));
            application::tables(application::Plan { rounds, time })
        }
        _ => {
            let plan = measure::Plan::default();
            let (rounds, batch) = (rounds.unwrap_or(201), batch.unwrap_or(plan.batch));
            Ok(edge::tables(measure::Plan { rounds, batch, ..plan }))
        }
    }
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<(String, Option<usize>, Option<Duration>), String> {
    let (mut section, mut rounds, mut batch) = ("edge".to_owned(), None, None);
    while let Some(arg) = args.next() {
        let mut number = || {
            let value = args.next().ok_or(format!("{arg} needs a number"))?;
            value.parse::<u64>().map_err(|_| format!("`{value}` is not a number"))
        };
        match arg.as_str() {
            "machine" | "edge" | "application" | "budgets" => section = arg,
            "--rounds" => rounds = Some(number()?.max(1) as usize),
            "--batch-ms" => batch = Some(Duration::from_millis(number()?.max(1))),
            _ => return Err(format!("unknown argument `{arg}`")),
        }
    }
    Ok((section, rounds, batch))
}
