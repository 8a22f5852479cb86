//! A disk that holds its syncs back, fails them, or is full: the ledger with `disk.c` before the C library.
//!
//! A process that is killed says nothing of syncs, since what it has written stays in the system's cache. That an `Ok`
//! waits for the sync is seen here alone: while it is held back there is none, and while it fails every answer is a fault.
//! What is before the C library tells which calls came to it, so that a test cannot pass because none did.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use ledger::Settings;

use crate::check::{check, open};
use crate::kill::settle;
use crate::process::{Heard, Ledger};

/// A ledger that serves, on a disk that does as a test says.
struct OnDisk {
    _directory: tempfile::TempDir,
    db: PathBuf,
    control: PathBuf,
    ledger: Ledger,
    heard: Heard,
    sent: usize,
}

/// Compiles what comes before the C library.
fn compile(into: &Path) {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/crash/disk.c");
    let mut cc = Command::new("cc");
    let status =
        cc.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]).arg(into).args([source, "-ldl"]).status();
    assert!(status.expect("`cc` is there").success());
}

impl OnDisk {
    fn new() -> OnDisk {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let (db, control, library) = (root.join("ledger.db"), root.join("control"), root.join("disk.so"));
        fs::create_dir(&control).unwrap();
        compile(&library);
        let environment = [
            ("LD_PRELOAD", library.to_str().unwrap()),
            ("CQRS_DISK", control.to_str().unwrap()),
            ("CQRS_DISK_FILES", db.to_str().unwrap()),
        ];
        let mut ledger = Ledger::start_with(&db, "serve", &["--lease", "1000"], &environment);
        ledger.hear("started", 1);
        OnDisk { _directory: directory, db, control, ledger, heard: Heard::default(), sent: 0 }
    }

    /// Sends commands of every other kind, all at once.
    fn send(&mut self, count: usize) {
        for n in self.sent..self.sent + count {
            let kind = if n % 2 == 0 { "post" } else { "once" };
            self.ledger.tell(&format!("{kind} {kind}-{n} {} 5\n", n % 7));
        }
        self.sent += count;
    }

    fn set(&self, what: &str) {
        fs::write(self.control.join(what), "").unwrap();
    }

    fn unset(&self, what: &str) {
        fs::remove_file(self.control.join(what)).unwrap();
    }

    /// How often this was called.
    fn calls(&self, call: &str) -> usize {
        let calls = fs::read_to_string(self.control.join("calls")).unwrap_or_default();
        calls.lines().filter(|line| *line == call).count()
    }

    /// Waits until this has been called more often than so many times.
    fn called(&self, call: &str, before: usize) {
        let until = Instant::now() + Duration::from_secs(60);
        while self.calls(call) <= before {
            assert!(Instant::now() < until, "`{call}` is not called: it is not what SQLite calls");
            sleep(Duration::from_millis(1));
        }
    }

    /// Waits for this many answers in all.
    fn answered(&mut self) {
        let until = Instant::now() + Duration::from_secs(100);
        while self.answers() < self.sent {
            assert!(Instant::now() < until, "{} answers of {}", self.answers(), self.sent);
            self.ledger.hear_for(Duration::from_millis(5));
        }
    }

    fn answers(&self) -> usize {
        ["ok", "rejected", "nothing", "unknown"].into_iter().map(|answer| self.ledger.count(answer)).sum()
    }

    /// That all is well again, without a restart; and what is there in the end.
    fn recovers(mut self) {
        let before = self.ledger.count("ok");
        self.send(20);
        self.answered();
        assert_eq!(self.ledger.count("ok"), before + 20);
        self.ledger.tell("settled\n");
        self.ledger.hear("settled", 1);
        self.heard.add(&self.ledger.said);
        self.ledger.end();
        check(&open(&self.db), &Settings::new(&self.db), &self.heard);
        settle(&self.db, &self.heard);
    }
}

#[test]
fn while_the_disk_holds_its_syncs_back_nothing_is_answered() {
    let mut disk = OnDisk::new();
    disk.send(20);
    disk.answered();
    assert!(disk.calls("fdatasync") + disk.calls("fsync") > 0);
    disk.set("hold");
    let before = disk.ledger.said.len();
    disk.send(20);
    disk.called("held", 0);
    // As long as one cares to wait.
    disk.ledger.hear_for(Duration::from_millis(500));
    assert_eq!(disk.ledger.said[before..], [] as [String; 0]);
    // What the log holds is not synced, and whoever reads it meanwhile is not told of it either.
    disk.unset("hold");
    disk.answered();
    assert_eq!(disk.ledger.count("ok"), 40);
    disk.recovers();
}

#[test]
fn while_the_disk_fails_its_syncs_every_answer_is_a_fault() {
    let mut disk = OnDisk::new();
    disk.send(20);
    disk.answered();
    disk.set("fail");
    disk.send(20);
    disk.answered();
    assert_eq!(disk.ledger.count("ok"), 20);
    assert_eq!(disk.ledger.count("nothing") + disk.ledger.count("unknown"), 20);
    // Nobody knows of a commit that the disk has failed: it may come back with a crash.
    assert!(disk.ledger.count("unknown") > 0, "{:?}", disk.ledger.said);
    disk.unset("fail");
    disk.recovers();
}

#[test]
fn a_commit_that_the_disk_has_failed_is_whole_or_not_there_after_a_crash() {
    let mut disk = OnDisk::new();
    disk.send(20);
    disk.answered();
    disk.set("fail");
    disk.send(20);
    disk.answered();
    let OnDisk { _directory, db, ledger, mut heard, .. } = disk;
    heard.add(&ledger.kill());
    check(&open(&db), &Settings::new(&db), &heard);
    settle(&db, &heard);
}

#[test]
fn on_a_full_disk_every_answer_says_so_and_when_there_is_room_all_goes_on() {
    let mut disk = OnDisk::new();
    disk.send(20);
    disk.answered();
    disk.set("full");
    disk.send(20);
    disk.answered();
    disk.called("refused", 0);
    let refused = disk.ledger.said.iter().filter(|line| line.starts_with("nothing") && line.contains(" Unavailable"));
    assert_eq!(refused.clone().count(), 20, "{:?}", disk.ledger.said);
    // Also who held the writer, and shared a commit that was lost.
    assert_eq!(refused.filter(|line| line.ends_with(" full")).count(), 20, "{:?}", disk.ledger.said);
    disk.unset("full");
    disk.recovers();
}
