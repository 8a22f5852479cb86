//! The users of the Cello CQRS page, over JSON lines: what goes in is `{"CreateUser":{"name":"Ada", ..}}`, and for
//! each line one line comes out.

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use cqrs_core::Bus;
use cqrs_examples::json_lines;
use cqrs_examples::users::sqlite;

// Nothing here names a message or a handler of `users`: naming the library once links it, and what is linked
// registers itself.
const HELP: &str = r#"Reads one message a line as JSON, and writes one line of JSON for each: the output, or the problem (RFC 9457).

    users < cqrs-examples/data/users.jsonl
    users --db users.db < cqrs-examples/data/users.jsonl

    {"CreateUser":{"name":"Ada","email":"ada@example.org"}}
    {"UpdateUserName":{"user_id":1,"new_name":"Grace"}}
    {"GetUserById":{"user_id":1}}
    {"ListUsers":{"page":1,"page_size":20}}

Options:
    --db PATH   keep the users in this SQLite database, which is made if there is none; without it they are in memory,
                and end with the process
    --catalog   print every message with its description, handlers and place
    --help      print this

SIGINT and SIGTERM end it in order: the line that is being answered still gets its answer.
"#;

fn main() -> ExitCode {
    log_to_stderr();
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let shown: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let shown: Vec<&str> = shown.iter().map(|argument| &**argument).collect();
    let ended = match shown[..] {
        [] => run(in_memory()),
        // As it was given: a path need not be text.
        ["--db", _] => run(in_database(PathBuf::from(&arguments[1]))),
        ["--db"] => return usage("`--db` needs a path, such as `users --db users.db`"),
        ["--catalog"] => print(&Bus::global().catalog().to_string()),
        ["--help" | "-h"] => print(HELP),
        ["--db", _, unexpected, ..] | ["--catalog" | "--help" | "-h", unexpected, ..] | [unexpected, ..] => {
            return usage(&format!("unexpected argument `{unexpected}`"));
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
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

fn usage(wrong: &str) -> ExitCode {
    eprintln!("users: {wrong}; `users --help` lists the options");
    ExitCode::from(2)
}

type Ended = Result<(), Box<dyn Error>>;

async fn in_memory() -> Ended {
    serve(&Bus::global()).await
}

async fn in_database(path: PathBuf) -> Ended {
    let bus = sqlite::bus(sqlite::open(path).await?).build();
    serve(&bus).await
}

async fn serve(bus: &Bus) -> Ended {
    let stop = signals()?;
    Ok(json_lines::serve_until(bus, tokio::io::stdin(), tokio::io::stdout(), stop).await?)
}

fn run(program: impl Future<Output = Ended>) -> Ended {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(program);
    // Somebody may still be asked for a line that nobody will read.
    runtime.shutdown_background();
    ended
}

/// Ready when the process is told to end. From now on the signals do not end it by themselves.
#[cfg(unix)]
fn signals() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ready when the process is told to end.
#[cfg(not(unix))]
fn signals() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Where nobody can be told, the process ends with its input.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
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

fn print(text: &str) -> Ended {
    let mut out = io::stdout().lock();
    Ok(json_lines::unless_nobody_reads(out.write_all(text.as_bytes()).and_then(|()| out.flush()))?)
}
