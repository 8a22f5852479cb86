//! What a declaration costs the compiler, in CPU milliseconds, beside plain structs and beside
//! serde's derives on the same structs. Nothing is asserted; the output is Markdown.
//!
//!     cargo run --release --bin compile
//!     cargo run --release --bin compile -- --sizes 1,100 --flavours plain,serde --repeats 1
//!
//! The generated crates stay in `target/compile-bench`, one workspace with one target folder, for
//! the curious; each run writes them anew.

#![forbid(unsafe_code)]

mod cost;
#[path = "../../figures.rs"]
#[allow(dead_code)]
mod figures;
mod flavour;
mod project;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use cost::Measure;
use flavour::{FLAVOURS, Flavour};
use project::Project;

const USAGE: &str = "usage: compile [--sizes 1,100,1000] [--flavours plain,serde,..] [--repeats 3]";

struct Options {
    sizes: Vec<usize>,
    flavours: Vec<&'static Flavour>,
    repeats: usize,
}

fn main() -> ExitCode {
    let benchmarks = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let core = benchmarks.join("../cqrs-core");
    let core = core.join("Cargo.toml").exists().then(|| core.canonicalize().ok()).flatten();
    let result = parse(std::env::args().skip(1))
        .and_then(|options| measure(&benchmarks.join("target/compile-bench"), core, options));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { sizes: vec![1, 100, 1000], flavours: FLAVOURS.iter().collect(), repeats: 3 };
    while let Some(arg) = args.next() {
        let value = args.next().ok_or(format!("{arg} needs a value\n{USAGE}"))?;
        let number = |text: &str| text.parse().map_err(|_| format!("`{text}` is not a number"));
        match arg.as_str() {
            "--sizes" => options.sizes = value.split(',').map(number).collect::<Result<_, _>>()?,
            "--flavours" => options.flavours = value.split(',').map(flavour).collect::<Result<_, _>>()?,
            "--repeats" => options.repeats = number(&value)?.max(1),
            _ => return Err(format!("unknown argument `{arg}`\n{USAGE}")),
        }
    }
    Ok(options)
}

fn flavour(key: &str) -> Result<&'static Flavour, String> {
    let keys = || FLAVOURS.iter().map(|f| f.key).collect::<Vec<_>>().join(", ");
    let found = FLAVOURS.iter().find(|flavour| flavour.key == key);
    found.ok_or_else(|| format!("no flavour `{key}`; there are {}", keys()))
}

/// Measures every flavour at every size and prints a table for each size.
fn measure(root: &std::path::Path, core: Option<PathBuf>, options: Options) -> Result<(), String> {
    let (flavours, skipped): (Vec<_>, Vec<_>) =
        options.flavours.into_iter().partition(|f| core.is_some() || !f.needs_core);
    if !skipped.is_empty() {
        let keys: Vec<_> = skipped.iter().map(|f| f.key).collect();
        eprintln!("no crate at ../cqrs-core: without {}", keys.join(", "));
    }

    let mut project = Project::new(root, core)?;
    for flavour in &flavours {
        for &size in &options.sizes {
            project.add(flavour.member(size));
        }
    }
    project.write()?;
    cost::prepare(&project)?;

    for &size in &options.sizes {
        let mut costs = Vec::new();
        for flavour in &flavours {
            eprintln!("{} x {size}", flavour.title);
            let member = flavour.member(size);
            let mut measured = Vec::new();
            for what in Measure::ALL {
                // At 1,000 it is as long again as all the others, and at 100 it has said all.
                let skipped = what.is_moved() && size > 100;
                measured.push(if skipped { f64::NAN } else { cost::of(&project, &member, what, options.repeats)? });
            }
            costs.push(measured);
        }
        keep(size, &flavours, &costs);
        println!("{}", report::table(size, &flavours, &costs));
    }
    println!("{}", report::NOTE);
    Ok(())
}

/// Milliseconds of a cold build for one declaration, more than the plain structs take, for the table of budgets.
fn keep(size: usize, flavours: &[&Flavour], costs: &[Vec<f64>]) {
    let build = Measure::ALL.iter().position(|what| what.title == "build").expect("a build is measured");
    let Some(plain) = flavours.iter().position(|flavour| flavour.key == "plain") else { return };
    for (flavour, cost) in flavours.iter().zip(costs) {
        let each = (cost[build] - costs[plain][build]) / size as f64;
        figures::keep(&format!("build {} {size}", flavour.key), each);
    }
}
