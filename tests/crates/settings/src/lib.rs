//! The first of three crates whose providers stand on one another.

use std::sync::atomic::{AtomicUsize, Ordering};

use cqrs_core::provide;

/// How the application is set up.
#[derive(Debug)]
pub struct Settings {
    /// The highest sum that one charge takes, in cents.
    pub limit: u64,
    /// What was made on top of these settings, as a path.
    pub made_of: String,
}

static MADE: AtomicUsize = AtomicUsize::new(0);

/// How often the provider ran in this process.
pub fn made() -> usize {
    MADE.load(Ordering::Relaxed)
}

#[provide]
fn settings() -> Settings {
    MADE.fetch_add(1, Ordering::Relaxed);
    Settings { limit: 10_000, made_of: "settings".to_owned() }
}
