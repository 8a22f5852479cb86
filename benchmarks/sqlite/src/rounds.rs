//! Interleaved rounds: in each of them every candidate is started once, in a process of its own and on a new file, in
//! an order that is another in each round, since a disk is slow for seconds at a time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use load::{Cell, Measured};

/// Who is measured.
#[derive(Clone)]
pub struct Candidate {
    /// What it is called in the table.
    pub name: String,
    program: Program,
    /// What its program calls it.
    key: &'static str,
    workload: &'static str,
    /// A database to begin with, and whether it stays as it is.
    file: Option<(PathBuf, Keep)>,
}

/// What becomes of a database that a candidate begins with.
#[derive(Clone, Copy, PartialEq)]
pub enum Keep {
    /// It works on a copy.
    Copy,
    /// It goes on in it.
    Grows,
}

#[derive(Clone, Copy)]
enum Program {
    /// This one.
    Own,
    /// That of a peer.
    Peer(&'static str),
}

impl Candidate {
    /// One of this program's.
    pub fn own(name: impl Into<String>, key: &'static str, workload: &'static str) -> Candidate {
        Candidate { name: name.into(), program: Program::Own, key, workload, file: None }
    }

    /// One of a peer's.
    pub fn peer(name: impl Into<String>, peer: &'static str, key: &'static str, workload: &'static str) -> Candidate {
        Candidate { name: name.into(), program: Program::Peer(peer), key, workload, file: None }
    }

    /// On this database.
    pub fn on(self, file: PathBuf, keep: Keep) -> Candidate {
        Candidate { file: Some((file, keep)), ..self }
    }

    /// Runs it once.
    fn run(&self, callers: u64, time: Duration) -> Result<Measured, String> {
        let (program, mut arguments) = match self.program {
            Program::Own => {
                let own = std::env::current_exe().map_err(|error| error.to_string())?;
                (own, vec![CELL.to_owned()])
            }
            Program::Peer(peer) => (root().join(format!("peers/{peer}/target/release/peer-{peer}")), Vec::new()),
        };
        if !program.exists() {
            return Err("not built here".to_owned());
        }
        let begun = Begun::with(self.file.as_ref()).map_err(|error| error.to_string())?;
        let (candidate, workload) = (self.key.to_owned(), self.workload.to_owned());
        arguments.extend(Cell { candidate, workload, callers, time, file: begun.file.clone() }.arguments());
        let output = Command::new(program).args(arguments).stderr(Stdio::inherit()).output();
        let output = output.map_err(|error| error.to_string())?;
        match output.status.success() {
            true => serde_json::from_slice(&output.stdout).map_err(|error| error.to_string()),
            false => Err(format!("ended with {}", output.status)),
        }
    }
}

/// The hidden subcommand that answers a cell.
pub const CELL: &str = "cell";

/// The folder of this package.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A new folder for databases, on the disk that this package is on.
///
/// # Errors
/// What the system says.
pub fn folder(name: &str) -> std::io::Result<PathBuf> {
    let folder = root().join("target/data").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The database of one run; a new one, or a copy, is gone afterwards.
struct Begun {
    file: PathBuf,
    folder: Option<PathBuf>,
}

impl Begun {
    fn with(given: Option<&(PathBuf, Keep)>) -> std::io::Result<Begun> {
        if let Some((file, Keep::Grows)) = given {
            return Ok(Begun { file: file.clone(), folder: None });
        }
        let folder = folder("cell")?;
        let file = folder.join("bench.db");
        if let Some((from, _)) = given {
            fs::copy(from, &file)?;
            fs::File::open(&file)?.sync_all()?;
        }
        Ok(Begun { file, folder: Some(folder) })
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            // What is left is removed by the next run.
            drop(fs::remove_dir_all(folder));
        }
    }
}

/// How long to measure.
#[derive(Clone, Copy)]
pub struct Plan {
    pub rounds: usize,
    /// How long one cell takes.
    pub time: Duration,
}

/// What was measured of one candidate: a value for each round, or why there is none.
pub struct Row {
    pub name: String,
    pub measured: Result<Vec<Measured>, String>,
}

/// Measures candidates side by side.
pub fn run(plan: Plan, callers: u64, candidates: &[Candidate]) -> Vec<Row> {
    let row = |candidate: &Candidate| Row { name: candidate.name.clone(), measured: Ok(Vec::new()) };
    let mut rows: Vec<Row> = candidates.iter().map(row).collect();
    for round in 0..plan.rounds {
        for at in shuffled(candidates.len(), round as u64) {
            let Ok(measured) = &mut rows[at].measured else { continue };
            match candidates[at].run(callers, plan.time) {
                Ok(one) => measured.push(one),
                Err(why) => rows[at].measured = Err(why),
            }
        }
    }
    rows
}

/// The numbers below `count`, in an order of this round's own; the same in every run.
fn shuffled(count: usize, round: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut state = round + 1;
    for last in (1..count).rev() {
        // Knuth's generator; its high bits are the good ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(last, (state >> 33) as usize % (last + 1));
    }
    order
}

impl Row {
    /// One number of each round.
    pub fn each(&self, number: impl Fn(&Measured) -> f64) -> Vec<f64> {
        self.measured.as_ref().map_or_else(|_| Vec::new(), |rounds| rounds.iter().map(number).collect())
    }

    /// The rate of each round.
    pub fn rates(&self) -> Vec<f64> {
        self.each(|measured| measured.rate)
    }
}

/// The highest rate of each round among some rows.
pub fn best<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Vec<f64> {
    let rates = rows.into_iter().map(Row::rates).filter(|rates| !rates.is_empty());
    rates.reduce(|a, b| a.into_iter().zip(b).map(|(a, b)| a.max(b)).collect()).unwrap_or_default()
}

/// The median of the ratios, taken round by round.
pub fn ratio(of: &[f64], to: &[f64]) -> Option<f64> {
    median(of.iter().zip(to).map(|(of, to)| of / to).collect())
}

/// The middle one of some numbers.
pub fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}
