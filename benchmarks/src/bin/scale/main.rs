//! Whether a call costs the same with 10, 1,000 and 10,000 message types, and how long a bus with
//! as many handlers takes to build. The output is Markdown; that the calls cost the same is
//! asserted, since allocations and instructions are exact.
//!
//!     cargo run --release --bin scale
//!     cargo run --release --bin scale -- --sizes 10,1000
//!
//! For each size a crate with that many contract commands and handlers is generated, and beside it
//! a program (`program.rs`) that dispatches up to 1,000 of them once, so that the bus has wired
//! them, and then measures three more. They stay in `target/scale-bench`, for the curious.

#![forbid(unsafe_code)]

mod generate;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

#[path = "../../figures.rs"]
#[allow(dead_code)]
mod figures;
#[path = "../../markdown.rs"]
mod markdown;

const KINDS: [(&str, &str); 3] = [
    ("now", "`execute`, `fn`"),
    ("later", "`execute`, `async fn`"),
    ("contract", "`execute`, a contract's `async fn`"),
];

/// What one program says.
struct Measured {
    size: usize,
    /// Milliseconds of the first bus of the process, which reads the registry, and of the second.
    buses: [f64; 2],
    allocations: [String; 3],
    instructions: Option<[u64; 3]>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let sizes = match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => vec![10, 1_000, 10_000],
        (Some("--sizes"), Some(sizes)) => {
            let sizes = sizes.split(',').map(|size| size.parse().map_err(|_| format!("`{size}` is not a number")));
            sizes.collect::<Result<_, _>>()?
        }
        _ => return Err("usage: scale [--sizes 10,1000,10000]".to_owned()),
    };
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let workspace = generate::workspace(&root, &sizes)?;
    let mut all = Vec::new();
    for size in sizes {
        eprintln!("{size} message types");
        all.push(measure(&workspace, size)?);
    }
    print(&all);
    same(&all)
}

fn measure(workspace: &Path, size: usize) -> Result<Measured, String> {
    let package = format!("program-{size}");
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--release", "-p", &package])
        .current_dir(workspace)
        .env("CARGO_TARGET_DIR", workspace.join("target"))
        .status();
    if !built.is_ok_and(|status| status.success()) {
        return Err(format!("{package} does not build"));
    }
    let program = workspace.join("target/release").join(&package);
    // The fastest of nine: other work on the machine only adds to a process that runs once.
    let mut buses = [f64::INFINITY; 2];
    for _ in 0..9 {
        let said = output(Command::new(&program).arg("buses"))?;
        for (best, said) in buses.iter_mut().zip(said.split_whitespace()) {
            *best = best.min(said.parse().map_err(|_| format!("{package} said `{said}`"))?);
        }
    }
    let mut allocations = Vec::new();
    let mut instructions = Vec::new();
    for (kind, _) in KINDS {
        allocations.push(output(Command::new(&program).args(["allocations", kind]))?.trim().to_owned());
        let (few, many) = (callgrind(&program, kind, 1_000), callgrind(&program, kind, 11_000));
        instructions.extend(few.zip(many).map(|(few, many)| (many - few) / 10_000));
    }
    Ok(Measured {
        size,
        buses,
        allocations: allocations.try_into().map_err(|_| "not three allocation counts")?,
        instructions: instructions.try_into().ok(),
    })
}

fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// The instructions of a whole process that makes so many calls; none without valgrind.
fn callgrind(program: &Path, kind: &str, calls: u32) -> Option<u64> {
    let mut callgrind = Command::new("valgrind");
    callgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
    callgrind.args(["calls", kind, &calls.to_string()]);
    let output = callgrind.stdout(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : "))?.1;
    collected.trim().parse().ok()
}

fn print(all: &[Measured]) {
    let head: Vec<String> = all.iter().map(|measured| format!("{} types", measured.size)).collect();
    let mut head: Vec<&str> = head.iter().map(String::as_str).collect();
    head.insert(0, "per call");
    let mut rows = Vec::new();
    for (kind, (_, title)) in KINDS.iter().enumerate() {
        let cells = |cell: &dyn Fn(&Measured) -> String, what: &str| {
            let mut row = vec![format!("{title}, {what}")];
            row.extend(all.iter().map(cell));
            row
        };
        rows.push(cells(&|measured| measured.allocations[kind].clone(), "allocations"));
        let counted =
            |measured: &Measured| measured.instructions.map_or("left out".into(), |all| all[kind].to_string());
        rows.push(cells(&counted, "instructions"));
    }
    for (bus, what) in ["the first bus of the process, ms", "a second bus, ms"].into_iter().enumerate() {
        let mut row = vec![what.to_owned()];
        row.extend(all.iter().map(|measured| format!("{:.2}", measured.buses[bus])));
        rows.push(row);
    }
    println!("### With many message types\n\n{}", markdown::table(&head, &rows));
    println!(
        "Contract commands, each with its handler, all in the registry; up to {} of them were dispatched before, so \
         that what is measured stands behind them. Building a bus: the fastest of nine processes.\n",
        generate::DISPATCHED
    );
    if let Some(largest) = all.iter().max_by_key(|measured| measured.size) {
        figures::keep("bus first, ms", largest.buses[0]);
        figures::keep("bus second, ms", largest.buses[1]);
        figures::keep("bus handlers", largest.size as f64);
    }
}

/// Every size costs a call the same.
fn same(all: &[Measured]) -> Result<(), String> {
    let first = all.first().ok_or("no size")?;
    let equal = |other: &Measured| {
        // One per 10,000 calls is the process's own: what it reads and prints is not a call's.
        let close = |(one, other): (&u64, &u64)| one.abs_diff(*other) <= 1;
        let instructions = match (&first.instructions, &other.instructions) {
            (Some(one), Some(other)) => one.iter().zip(other).all(close),
            _ => true,
        };
        first.allocations == other.allocations && instructions
    };
    let equal = all.iter().all(equal);
    figures::keep("scale equal", f64::from(u8::from(equal)));
    match equal {
        true => Ok(()),
        false => Err("a call does not cost the same at every size".to_owned()),
    }
}
