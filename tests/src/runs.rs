//! How often something ran.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cqrs_core::ReadOnly;

/// Counts the runs of the handlers that take it. A handle, so that a test keeps one.
#[derive(Clone, Default)]
pub struct Runs(Arc<AtomicU32>);

// A test counts the runs of queries too.
impl ReadOnly for Runs {}

impl Runs {
    /// Counts one more, and says the how-manieth it is.
    pub fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// How many there were.
    pub fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}
