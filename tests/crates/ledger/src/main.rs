//! The ledger as a process.
//!
//! `ledger <database> load|serve|settle [option value]..`: sends itself commands at random, or those that it reads, or none
//! and ends when nothing is left to be delivered. SIGTERM ends it in order.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use cqrs_core::Bus;
use ledger::Settings;
use ledger::accounts::{Post, PostOnce};
use ledger::answers::{answer, say};
use ledger::load::{self, Load};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::signal::unix::{SignalKind, signal};

/// How long an orderly end may take.
const END: Duration = Duration::from_secs(30);

struct Arguments {
    mode: String,
    settings: Settings,
    load: Load,
    tasks: u64,
}

fn arguments() -> Result<Arguments, String> {
    let mut given = std::env::args().skip(1);
    let (Some(db), Some(mode)) = (given.next(), given.next()) else { return Err("no database or no mode".to_owned()) };
    let mut arguments = Arguments {
        mode,
        settings: Settings::new(PathBuf::from(db)),
        load: Load { name: "x".to_owned(), seed: 1, pause: Duration::from_millis(40), poisoned: 12 },
        tasks: 64,
    };
    while let Some(option) = given.next() {
        let value = given.next().ok_or_else(|| format!("`{option}` has no value"))?;
        let number = || value.parse::<u64>().map_err(|error| format!("`{option} {value}`: {error}"));
        match &*option {
            "--name" => arguments.load.name = value,
            "--seed" => arguments.load.seed = number()?,
            "--tasks" => arguments.tasks = number()?,
            "--pause" => arguments.load.pause = Duration::from_millis(number()?),
            "--poisoned" => arguments.load.poisoned = number()?.max(1),
            "--lease" => arguments.settings.lease = Duration::from_millis(number()?),
            "--attempts" => arguments.settings.attempts = u32::try_from(number()?).unwrap_or(u32::MAX),
            "--pause-at" => arguments.settings.pause_at = number()?,
            _ => return Err(format!("`{option}` is no option")),
        }
    }
    Ok(arguments)
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ledger: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let Arguments { mode, settings, load, tasks } = arguments()?;
    let mut terminate = signal(SignalKind::terminate())?;
    let db = ledger::open(&settings.db).await?;
    let bus = ledger::builder(db, settings).dead_letter_limit(1_000_000).build();
    let started = bus.start().await?;
    say("started");
    let work = async {
        match &*mode {
            "load" => {
                for task in 0..tasks {
                    tokio::spawn(load::run(bus.clone(), load.clone(), task));
                }
                std::future::pending().await
            }
            "serve" => serve(&bus).await,
            "settle" => {
                for subscription in bus.subscriptions() {
                    subscription.replay_all().await?;
                }
                bus.settled().await;
                Ok(())
            }
            other => Err(format!("`{other}` is no mode: load, serve or settle").into()),
        }
    };
    tokio::select! {
        ended = work => ended?,
        _ = terminate.recv() => {}
    }
    tokio::time::timeout(END, started.shutdown()).await?;
    say("ended");
    Ok(())
}

/// Carries out what comes in on standard input, each line in a task of its own: `post <id> <account> <amount>`, the same
/// with `once`, or `settled`, which is answered when nothing is left to be delivered.
async fn serve(bus: &Bus) -> Result<(), Box<dyn std::error::Error>> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let bus = bus.clone();
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        match &words.iter().map(|word| &**word).collect::<Vec<_>>()[..] {
            ["settled"] => drop(tokio::spawn(async move {
                bus.settled().await;
                say("settled");
            })),
            [kind @ ("post" | "once"), id, account, amount] => {
                let (once, id) = (*kind == "once", (*id).to_owned());
                let (account, amount) = (account.parse()?, amount.parse()?);
                tokio::spawn(async move {
                    if once {
                        let call = bus.execute(PostOnce { id: id.clone(), account, amount });
                        answer(&id, call.correlation(&*id).idempotency_key(&*id).await);
                    } else {
                        let call = bus.execute(Post { id: id.clone(), account, amount });
                        answer(&id, call.correlation(&*id).await);
                    }
                });
            }
            _ => return Err(format!("`{line}` is not understood").into()),
        }
    }
    // Nobody says anything any more: until the signal.
    std::future::pending().await
}
