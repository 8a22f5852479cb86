//! Ended at each named step of a write.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use cqrs_sqlite::fail_points::FAIL_POINTS;
use ledger::Settings;
use rustix::process::Signal;

use crate::check::{all, check, open};
use crate::kill::settle;
use crate::process::{Heard, Ledger};

/// Which times that a process comes to a step it ends there: the first one is mostly a subscription's that begins.
const TIMES: [u32; 2] = [1, 12];

/// Runs a ledger that ends itself at a step; whether it came there before it ended in order.
fn aborted_at(db: &Path, mode: &str, options: &[&str], point: &str, time: u32, heard: &mut Heard) -> bool {
    let at = format!("{point}:{time}");
    let (status, said) = Ledger::start_with(db, mode, options, &[("CQRS_SQLITE_ABORT_AT", &at)]).wait();
    heard.add(&said);
    let aborted = status.signal() == Some(Signal::ABORT.as_raw());
    assert!(aborted || status.success(), "at {at} it ended with {status}");
    aborted
}

#[test]
fn a_process_that_ends_at_any_step_of_a_write_leaves_whole_commands_and_all_it_has_answered() {
    let directory = tempfile::tempdir().unwrap();
    for point in FAIL_POINTS {
        let db = directory.path().join(format!("{point}.db"));
        let (settings, mut heard) = (Settings::new(&db), Heard::default());
        // Some events cannot be handled, so that there are dead letters to write.
        std::fs::write(settings.poison(), "").unwrap();
        for time in TIMES {
            let name = time.to_string();
            let load = ["--name", &name, "--tasks", "16", "--pause", "20", "--poisoned", "3"];
            let options = [&load[..], &["--attempts", "1", "--lease", "100"]].concat();
            assert!(aborted_at(&db, "load", &options, point, time, &mut heard), "it ended before `{point}`");
            check(&open(&db), &settings, &heard);
        }
        std::fs::remove_file(settings.poison()).unwrap();
        settle(&db, &heard);
    }
}

/// The effects of events that were put aside and are told anew are there once, wherever that ends.
#[test]
fn a_process_that_ends_while_it_tells_dead_letters_anew_tells_none_twice() {
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("ledger.db");
    let (settings, mut heard) = (Settings::new(&db), Heard::default());
    std::fs::write(settings.poison(), "").unwrap();
    let mut serving = Ledger::start(&db, "serve", &["--attempts", "1"]);
    for n in 0..24 {
        serving.tell(&format!("post post-{n} {} 7\n", if n < 20 { ledger::accounts::POISONED } else { 1 }));
    }
    serving.hear("ok", 24);
    serving.tell("settled\n");
    serving.hear("settled", 1);
    heard.add(&serving.end());
    assert_eq!(all::<i64>(&open(&db), "SELECT count(*) FROM cq_dead_letter"), [20]);
    std::fs::remove_file(settings.poison()).unwrap();
    for round in 0.. {
        let point = ["commit.after", "commit.before"][round % 2];
        // Far enough that the subscriptions have begun, and not far enough to be done.
        let time = 6 + (round % 9) as u32;
        let aborted = aborted_at(&db, "settle", &["--lease", "100"], point, time, &mut heard);
        check(&open(&db), &settings, &heard);
        if !aborted {
            break;
        }
    }
    settle(&db, &heard);
}
