//! Killed at any time, under a load of 64 tasks.

use std::path::Path;
use std::time::Duration;

use ledger::Settings;
use ledger::load::Dice;

use crate::check::{check, check_settled, open};
use crate::process::{Heard, Ledger};

/// How often a ledger is killed: `CRASHES`, or 50 times.
fn crashes() -> u64 {
    std::env::var("CRASHES").ok().and_then(|value| value.parse().ok()).unwrap_or(50)
}

/// What chance makes of the times: `CRASH_SEED`, or always the same.
fn seed() -> u64 {
    std::env::var("CRASH_SEED").ok().and_then(|value| value.parse().ok()).unwrap_or(1)
}

/// Runs one until nothing is left to be delivered, and checks everything.
pub(crate) fn settle(db: &Path, heard: &Heard) {
    Ledger::start(db, "settle", &["--lease", "100"]).ends();
    check_settled(&open(db), &Settings::new(db), heard);
}

#[test]
fn a_process_killed_at_any_time_leaves_whole_commands_and_all_it_has_answered() {
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("ledger.db");
    let (mut heard, mut dice) = (Heard::default(), Dice::new(seed()));
    for crash in 0..crashes() {
        let (name, seed) = (format!("{crash}"), dice.below(1 << 30).to_string());
        let mut ledger = Ledger::start(&db, "load", &["--name", &name, "--seed", &seed, "--lease", "500"]);
        // Now and then already while it opens the database, or makes it.
        if crash % 5 != 0 {
            ledger.hear("started", 1);
        }
        std::thread::sleep(Duration::from_micros(dice.below(250_000)));
        heard.add(&ledger.kill());
        if crash % 5 == 4 {
            check(&open(&db), &Settings::new(&db), &heard);
        }
    }
    assert!(heard.ok.len() as u64 > crashes(), "there was no load: {heard:?}");
    settle(&db, &heard);
}

#[test]
fn one_of_two_processes_is_killed_and_the_other_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("ledger.db");
    let (mut heard, mut dice) = (Heard::default(), Dice::new(seed() + 1));
    fn options(name: &str) -> [&str; 6] {
        ["--name", name, "--tasks", "16", "--lease", "300"]
    }
    let mut lasting = Ledger::start(&db, "load", &options("lasting"));
    lasting.hear("ok", 1);
    for crash in 0..crashes().div_ceil(5) {
        let name = format!("killed{crash}");
        let mut ledger = Ledger::start(&db, "load", &options(&name));
        ledger.hear("ok", 1);
        std::thread::sleep(Duration::from_micros(dice.below(250_000)));
        heard.add(&ledger.kill());
        // Whatever the other one held is free again.
        let before = lasting.count("ok");
        lasting.hear("ok", before + 20);
        check(&open(&db), &Settings::new(&db), &heard);
    }
    assert_eq!(lasting.count("unknown"), 0);
    heard.add(&lasting.end());
    settle(&db, &heard);
}
