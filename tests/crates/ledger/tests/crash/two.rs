//! Two processes on one file, one of them frozen past its lease and woken.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use cqrs_sqlite::rusqlite::Connection;
use ledger::Settings;
use rustix::process::Signal;

use crate::check::{all, check_settled, open};
use crate::process::{Heard, Ledger};

/// In milliseconds.
const LEASE: [&str; 2] = ["--lease", "400"];

/// Longer than a busy disk keeps anybody from renewing it, where the test is about who has it.
const LONG_LEASE: [&str; 2] = ["--lease", "3000"];

/// Freezes a process at a moment at which it does not hold the database's write lock: that would stop everybody.
fn freeze(ledger: &Ledger, db: &Path) {
    let conn = Connection::open(db).unwrap();
    conn.busy_timeout(Duration::from_millis(300)).unwrap();
    for _ in 0..200 {
        ledger.freeze();
        if conn.execute_batch("BEGIN IMMEDIATE; ROLLBACK").is_ok() {
            return;
        }
        ledger.signal(Signal::CONT);
        sleep(Duration::from_millis(3));
    }
    panic!("the process holds the write lock whenever it is frozen");
}

/// Waits until a subscription has come to the end of the log.
fn caught_up(conn: &Connection, subscription: &str) {
    let behind = format!(
        "SELECT count(*) FROM cq_event WHERE name = 'ledger.posted'
            AND position > (SELECT coalesce(max(position), 0) FROM cq_subscription WHERE name = '{subscription}')"
    );
    until(conn, &behind, &format!("`{subscription}` does not get on"));
}

/// Waits until a number is 0.
fn until(conn: &Connection, number: &str, otherwise: &str) {
    let limit = Instant::now() + Duration::from_secs(60);
    while all::<i64>(conn, number) != [0] {
        assert!(Instant::now() < limit, "{otherwise}");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_process_that_was_frozen_past_its_lease_is_taken_over_and_moves_nothing_when_it_wakes() {
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("ledger.db");
    let (settings, mut heard) = (Settings::new(&db), Heard::default());
    // The first one stops in the handler of the read table, before it has written.
    let mut frozen = Ledger::start(&db, "serve", &[&LONG_LEASE[..], &["--pause-at", "1"]].concat());
    frozen.hear("started", 1);
    let conn = open(&db);
    // It has its three subscriptions and the outbox before anybody else comes.
    until(&conn, "SELECT count(*) <> 4 FROM cq_subscription WHERE owner IS NOT NULL", "it does not begin");
    let mut other = Ledger::start(&db, "serve", &LONG_LEASE);
    other.tell("post post-1 1 10\n");
    other.hear("ok", 1);
    frozen.hear("paused", 1);
    freeze(&frozen, &db);
    for n in 2..=20 {
        other.tell(&format!("post post-{n} {} 10\n", n % 3));
    }
    other.hear("ok", 20);
    ["balances", "mail"].into_iter().for_each(|subscription| caught_up(&conn, subscription));
    let fences = "SELECT fence FROM cq_subscription WHERE name = 'balances'";
    let taken_over = all::<i64>(&conn, fences);
    assert!(taken_over[0] > 1, "nobody took over");
    // It wakes and goes on with the event that it was at, which is done.
    frozen.signal(Signal::CONT);
    frozen.hear("resumed", 1);
    for n in 21..=40 {
        frozen.tell(&format!("post post-{n} {} 10\n", n % 3));
    }
    frozen.hear("ok", 20);
    ["balances", "mail"].into_iter().for_each(|subscription| caught_up(&conn, subscription));
    assert_eq!(all::<i64>(&conn, fences), taken_over, "it took the subscription back from who is there");
    other.tell("settled\n");
    other.hear("settled", 1);
    heard.add(&frozen.end());
    heard.add(&other.end());
    check_settled(&conn, &settings, &heard);
}

/// Whoever is frozen, and however often: with both at work.
#[test]
fn two_processes_that_are_frozen_in_turn_under_load_do_everything_once() {
    let directory = tempfile::tempdir().unwrap();
    let db = directory.path().join("ledger.db");
    let mut heard = Heard::default();
    let start =
        |name| Ledger::start(&db, "load", &["--name", name, "--tasks", "8", "--pause", "20", LEASE[0], LEASE[1]]);
    let mut pair = [start("one"), start("two")];
    pair.iter_mut().for_each(|ledger| ledger.hear("ok", 1));
    for turn in 0..6 {
        let [frozen, other] = if turn % 2 == 0 { [0, 1] } else { [1, 0] };
        freeze(&pair[frozen], &db);
        // For longer than the lease, while the other one goes on.
        let before = pair[other].count("ok");
        pair[other].hear_for(Duration::from_millis(600));
        pair[other].hear("ok", before + 20);
        pair[frozen].signal(Signal::CONT);
        let before = pair[frozen].count("ok");
        pair[frozen].hear("ok", before + 20);
    }
    for ledger in pair {
        heard.add(&ledger.end());
    }
    crate::kill::settle(&db, &heard);
}
