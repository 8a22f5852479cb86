//! [`Settings`]: what a test chooses.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a test chooses of a ledger.
#[derive(Debug)]
pub struct Settings {
    /// Where the database is; files beside it are named after it.
    pub db: PathBuf,
    /// How long a subscription stays with a process that is not heard of.
    pub lease: Duration,
    /// After how many vain attempts an event is a dead letter.
    pub attempts: u32,
    /// At which event, counted from 1, the read table's handler stops for a while, before it writes; never, for 0.
    pub pause_at: u64,
    /// How many events the read table's handler has seen.
    pub seen: AtomicU64,
}

impl Settings {
    /// Those of a database, with nothing out of the ordinary.
    #[must_use]
    pub fn new(db: impl Into<PathBuf>) -> Settings {
        Settings { db: db.into(), lease: Duration::from_secs(10), attempts: 5, pause_at: 0, seen: AtomicU64::new(0) }
    }

    /// Where the letters are that were sent, one a line.
    #[must_use]
    pub fn mail(&self) -> PathBuf {
        self.db.with_extension("mail")
    }

    /// While this file is there, events of the account [`POISONED`](crate::accounts::POISONED) cannot be handled.
    #[must_use]
    pub fn poison(&self) -> PathBuf {
        self.db.with_extension("poison")
    }

    /// Whether the event that is handled now is the one to stop at.
    pub(crate) fn pauses(&self) -> bool {
        self.seen.fetch_add(1, Ordering::SeqCst) + 1 == self.pause_at
    }

    /// Sends a letter: an effect that no transaction takes back.
    pub(crate) fn send(&self, letter: &str) -> std::io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).open(self.mail())?;
        // In one write, so that a crash leaves no half of it.
        file.write_all(format!("{letter}\n").as_bytes())
    }
}
