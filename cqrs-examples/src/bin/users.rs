//! The users of the Cello CQRS page, over JSON lines: what goes in is `{"CreateUser":{"name":"Ada", ..}}`, and for
//! each line one line comes out.

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use cqrs_core::Bus;
use cqrs_examples::json_lines;

// Nothing here names a message or a handler of `users`: naming the library once links it, and what is linked
// registers itself.
const HELP: &str = r#"Reads one message a line as JSON, and writes one line of JSON for each: the output, or the problem (RFC 9457).

    users < cqrs-examples/data/users.jsonl

    {"CreateUser":{"name":"Ada","email":"ada@example.org"}}
    {"UpdateUserName":{"user_id":1,"new_name":"Grace"}}
    {"GetUserById":{"user_id":1}}
    {"ListUsers":{"page":1,"page_size":20}}

Options:
    --catalog   print every message with its description, handlers and place
    --help      print this
"#;

#[tokio::main]
async fn main() -> ExitCode {
    log_to_stderr();
    let arguments: Vec<String> =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ended = match arguments[..] {
        [] => json_lines::serve(&Bus::global(), tokio::io::stdin(), tokio::io::stdout()).await,
        ["--catalog"] => print(&Bus::global().catalog().to_string()),
        ["--help" | "-h"] => print(HELP),
        ["--catalog" | "--help" | "-h", unexpected, ..] | [unexpected, ..] => {
            eprintln!("users: unexpected argument `{unexpected}`; `users --help` lists the options");
            return ExitCode::from(2);
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
