//! The users of the Cello CQRS page, over HTTP and over lines of JSON.

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use cqrs_axum::{Ended, shutdown_signal};
use cqrs_core::Bus;
use cqrs_examples::json_lines;
use cqrs_examples::users::app::App;
use cqrs_examples::users::sqlite;
use cqrs_examples::users::tokens::Tokens;
use cqrs_examples::users::tour::{Guide, STOPS};

// A message that does not say who may send it is refused, in every way that this program has.
cqrs_core::deny_by_default!();

// Nothing here names a message or a handler of `users`: naming the library once links it, and what is linked
// registers itself.
const LINES: &str = r#"Lines of JSON: each is a message, and for each comes one line with the output, or the problem (RFC 9457).

    users < cqrs-examples/data/users.jsonl
    users --db users.db < cqrs-examples/data/users.jsonl

    {"CreateUser":{"name":"Ada","email":"ada@example.org"}}
    {"UpdateUserName":{"user_id":1,"new_name":"Grace"}}
    {"GetUserById":{"user_id":1}}
    {"ListUsers":{"page":1,"page_size":20}}

SIGINT and SIGTERM end the program in order: what is being answered still gets its answer."#;

/// The users of the Cello CQRS page: reads one message a line as JSON, or serves them over HTTP.
#[derive(Parser)]
#[command(version, after_help = LINES, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Way>,
    #[command(flatten)]
    database: Database,
    /// Print every message with its description, route, handlers and place
    #[arg(long, conflicts_with = "db")]
    catalog: bool,
}

#[derive(Subcommand)]
enum Way {
    /// Serve over HTTP, and print a tour of requests to paste
    Serve(Serve),
}

#[derive(Args)]
struct Database {
    /// Keep the users in this SQLite database, which is made if there is none; without it they end with the process
    #[arg(long, value_name = "PATH")]
    db: Option<PathBuf>,
}

#[derive(Args)]
struct Serve {
    #[command(flatten)]
    database: Database,
    /// Where to listen; port 0 is one that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// What tokens are signed with; without it a secret that nobody knows
    #[arg(long, env = "USERS_SECRET", hide_env_values = true, value_name = "TEXT")]
    secret: Option<String>,
    /// Take the tour on a free port and an empty database, and end
    #[arg(long, conflicts_with_all = ["db", "listen"])]
    demo: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log_to_stderr();
    let ended = match arguments {
        Arguments { command: Some(Way::Serve(serve)), .. } => run(serve.run()),
        Arguments { catalog: true, .. } => catalog(),
        Arguments { database: Database { db }, .. } => run(answer_lines(db)),
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("users: {error}");
            let mut source = error.source();
            while let Some(error) = source {
                eprintln!("  because {error}");
                source = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

type Outcome = Result<ExitCode, Box<dyn Error>>;

fn catalog() -> Outcome {
    print(&Bus::global().catalog().to_string())?;
    Ok(ExitCode::SUCCESS)
}

async fn answer_lines(db: Option<PathBuf>) -> Outcome {
    let bus = match db {
        Some(path) => sqlite::bus(sqlite::open(path).await?).build(),
        None => Bus::global(),
    };
    json_lines::serve_until(&bus, tokio::io::stdin(), tokio::io::stdout(), shutdown_signal()?).await?;
    Ok(ExitCode::SUCCESS)
}

impl Serve {
    async fn run(self) -> Outcome {
        // Kept until the end, when it is removed with what is in it.
        let temporary = tempfile::tempdir()?;
        let path = self.database.db.unwrap_or_else(|| temporary.path().join("users.db"));
        let bus = sqlite::bus(sqlite::open(&path).await?).build();
        let tokens = match self.secret {
            Some(secret) => Tokens::new(secret.as_bytes()),
            None => Tokens::random()?,
        };
        let hour = Duration::from_secs(3600);
        let writer = tokens.issue("ada", &["users:write", "users:read"], hour)?;
        let reader = tokens.issue("ben", &["users:read"], hour)?;
        let listen = if self.demo { SocketAddr::from(([127, 0, 0, 1], 0)) } else { self.listen };
        let app = App::start(bus.clone(), tokens, listen).await?;
        let guide = Guide { url: app.url()?, writer, reader };
        if self.demo {
            return demo(app, bus, guide).await;
        }
        print(&format!("# users, on {0}\n# documentation: {0}/docs\n\n{1}", guide.url, guide.script()))?;
        Ok(exit_code(app.run(std::future::pending()).await))
    }
}

/// Takes the tour, and prints what a reader would see.
async fn demo(app: App, bus: Bus, guide: Guide) -> Outcome {
    let (done, is_done) = tokio::sync::oneshot::channel::<()>();
    let served = tokio::spawn(app.run(async { drop(is_done.await) }));
    let (guide, mut as_told) = (Arc::new(guide), true);
    for stop in &STOPS {
        // A reader of the tour is slower than the read model; the program is not.
        bus.settled().await;
        let visiting = guide.clone();
        print(&format!("# {}\n$ {}\n", stop.shows, stop.curl()))?;
        match tokio::task::spawn_blocking(move || visiting.visit(stop)).await? {
            Ok(answer) => print(&format!("{answer}\n\n"))?,
            Err(error) => {
                eprintln!("users: {error}");
                as_told = false;
            }
        }
    }
    drop(done);
    let ended = served.await?;
    if as_told {
        print(&format!("# {} requests, each answered as told\n", STOPS.len()))?;
    }
    Ok(if as_told { exit_code(ended) } else { ExitCode::FAILURE })
}

fn exit_code(ended: Ended) -> ExitCode {
    match ended {
        Ended::Orderly => ExitCode::SUCCESS,
        Ended::CutOff => ExitCode::FAILURE,
    }
}

fn run(program: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(program);
    // Somebody may still be asked for a line that nobody will read.
    runtime.shutdown_background();
    ended
}

/// What the bus has to say, standard output being taken by the answers.
fn log_to_stderr() {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .without_time()
        .init();
}

fn print(text: &str) -> Result<(), json_lines::Error> {
    let mut out = io::stdout().lock();
    json_lines::unless_nobody_reads(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}
