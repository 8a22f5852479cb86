//! The users of the examples, served by their own program from a database file, and a load generator in another process.

use std::error::Error;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use load::{Cell, Measured, cpu_us};

use crate::markdown;
use crate::measure::Spread;

const CONNECTIONS: [u64; 3] = [1, 64, 512];

const WORKLOADS: [(&str, &str); 4] = [
    ("livez", "`GET /livez`, which asks nobody"),
    ("get", "`GET /users/{id}`"),
    ("create", "`POST /users`"),
    ("create-with-key", "`POST /users` with an `Idempotency-Key`"),
];

/// How long to measure.
#[derive(Clone, Copy)]
pub struct Plan {
    pub rounds: usize,
    /// How long one cell takes.
    pub time: Duration,
}

/// One round of one cell.
struct One {
    measured: Measured,
    /// The application's own processor time for each request, in microseconds.
    server_us: f64,
}

/// A table for each number of connections. In each round every cell has a program and a database of its own.
///
/// # Errors
/// What the system says, or one of the two programs.
pub fn tables(plan: Plan) -> Result<String, Box<dyn Error>> {
    let mut cells: Vec<Vec<One>> = (0..CONNECTIONS.len() * WORKLOADS.len()).map(|_| Vec::new()).collect();
    for round in 0..plan.rounds {
        for turn in 0..cells.len() {
            let at = (turn + round) % cells.len();
            let (connections, (workload, _)) = (CONNECTIONS[at / WORKLOADS.len()], WORKLOADS[at % WORKLOADS.len()]);
            cells[at].push(run(workload, connections, plan.time)?);
        }
    }
    let head = [
        "request",
        "requests/s",
        "min..max",
        "p50 us",
        "p99 us",
        "not 2xx",
        "server's CPU us a request",
        "generator's",
    ];
    let mut text = String::new();
    for (cells, connections) in cells.chunks(WORKLOADS.len()).zip(CONNECTIONS) {
        let rows: Vec<_> = cells.iter().zip(WORKLOADS).map(|(rounds, (_, name))| row(name, rounds)).collect();
        let title = if connections == 1 { "1 connection".to_owned() } else { format!("{connections} connections") };
        text += &format!("### The users of the examples, {title}\n\n{}\n", markdown::table(&head, &rows));
    }
    Ok(text)
}

fn row(name: &str, rounds: &[One]) -> Vec<String> {
    let of = |number: &dyn Fn(&One) -> f64| Spread::of(rounds.iter().map(number).collect());
    let rate = of(&|one| one.measured.rate);
    let shown = |number: &dyn Fn(&One) -> f64| format!("{:.0}", of(number).median);
    vec![
        name.to_owned(),
        format!("{:.0}", rate.median),
        format!("{:.0}..{:.0}", rate.min, rate.max),
        shown(&|one| one.measured.p50_us),
        shown(&|one| one.measured.p99_us),
        rounds.iter().map(|one| one.measured.other).sum::<u64>().to_string(),
        shown(&|one| one.server_us),
        shown(&|one| one.measured.cpu_us / one.measured.answered as f64),
    ]
}

fn run(workload: &str, connections: u64, time: Duration) -> Result<One, Box<dyn Error>> {
    let served = Served::start()?;
    if workload == "get" {
        served.load("fill", 1, time)?;
    }
    let before = cpu_us(served.program.id());
    let measured = served.load(workload, connections, time)?;
    let server_us = (cpu_us(served.program.id()) - before) / measured.answered as f64;
    Ok(One { measured, server_us })
}

/// The application, on a new database.
struct Served {
    program: Child,
    address: SocketAddr,
    token: String,
    folder: PathBuf,
    /// What it says; it is not to find that nobody listens.
    _said: BufReader<ChildStdout>,
}

impl Served {
    fn start() -> Result<Served, Box<dyn Error>> {
        let folder = root().join("target/data");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let mut users = Command::new(root().join("target/users/release/users"));
        users.args(["serve", "--listen", "127.0.0.1:0", "--db"]).arg(folder.join("users.db"));
        let mut program = users.stdout(Stdio::piped()).spawn()?;
        let mut said = BufReader::new(program.stdout.take().ok_or("it has no output")?);
        let mut told = |name: &str| -> Result<String, Box<dyn Error>> {
            loop {
                let mut line = String::new();
                if said.read_line(&mut line)? == 0 {
                    return Err("the application ended before it served".into());
                }
                if let Some(value) = line.trim_end().strip_prefix(name) {
                    return Ok(value.to_owned());
                }
            }
        };
        let (address, token) = (told("URL=http://")?.parse()?, told("WRITER=")?);
        Ok(Served { program, address, token, folder, _said: said })
    }

    /// Carries a load to its end.
    fn load(&self, workload: &str, connections: u64, time: Duration) -> Result<Measured, Box<dyn Error>> {
        let (address, token, workload) = (self.address, self.token.clone(), workload.to_owned());
        let cell = Cell { address, token, workload, connections, time };
        let mut generator = Command::new(std::env::current_exe()?.with_file_name("load"));
        let output = generator.args(cell.arguments()).stderr(Stdio::inherit()).output()?;
        match output.status.success() {
            true => Ok(serde_json::from_slice(&output.stdout)?),
            false => Err(format!("the load generator ended with {}", output.status).into()),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // What is left is removed by the next one.
        drop(self.program.kill());
        drop(self.program.wait());
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
