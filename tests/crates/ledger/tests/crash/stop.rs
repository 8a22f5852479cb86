//! Told to end, under load.

use std::time::Duration;

use ledger::Settings;
use rustix::process::Signal;

use crate::check::{all, check, open};
use crate::kill::settle;
use crate::process::{Heard, Ledger};

#[test]
fn a_process_that_is_told_to_end_under_load_ends_in_order_and_lets_go_of_everything() {
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("ledger.db");
    let mut heard = Heard::default();
    for round in 0..3 {
        let name = round.to_string();
        let mut ledger = Ledger::start(&db, "load", &["--name", &name, "--pause", "2"]);
        ledger.hear("ok", 100);
        ledger.signal(Signal::TERM);
        heard.add(&ledger.ends());
        let conn = open(&db);
        check(&conn, &Settings::new(&db), &heard);
        // Nobody has to wait for the end of a lease.
        assert_eq!(
            all::<String>(&conn, "SELECT name FROM cq_subscription WHERE owner IS NOT NULL"),
            Vec::<String>::new()
        );
    }
    // Calls that came too late were told that nothing happened; none was cut off.
    assert_eq!(heard.unknown, Vec::<String>::new());
    settle(&db, &heard);
}

#[test]
fn a_process_that_is_told_to_end_while_it_begins_ends() {
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("ledger.db");
    for wait in [0, 5, 20] {
        let ledger = Ledger::start(&db, "load", &["--tasks", "1"]);
        std::thread::sleep(Duration::from_millis(wait));
        ledger.signal(Signal::TERM);
        // Before it listens for the signal, the system ends it.
        let (status, _) = ledger.wait();
        assert!(status.success() || status.code().is_none(), "{status}");
    }
    settle(&db, &Heard::default());
}
