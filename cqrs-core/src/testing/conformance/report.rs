//! What came of the checks: [`Report`].

use std::error::Error;
use std::fmt;

use crate::result::fault::with_sources;

/// What came of every check of the suite on one store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "`assert` panics unless the store does what it has to"]
pub struct Report {
    store: String,
    checked: Vec<Checked>,
}

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The check's name, as in [`names`](super::names).
    pub name: &'static str,
    /// What came of it.
    pub verdict: Verdict,
}

/// Whether what a check asks for is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Passed,
    /// It is not, and this is what was found instead.
    Failed(String),
    /// It cannot be asked of this store, and this is why.
    Skipped(String),
}

impl Report {
    pub(super) fn new(store: String, checked: Vec<Checked>) -> Self {
        Report { store, checked }
    }

    /// Every check, in the order in which they ran.
    #[must_use]
    pub fn checked(&self) -> &[Checked] {
        &self.checked
    }

    /// The names of the checks that failed.
    #[must_use]
    pub fn failed(&self) -> Vec<&'static str> {
        self.names(|verdict| matches!(verdict, Verdict::Failed(_)))
    }

    /// The names of the checks that were skipped.
    #[must_use]
    pub fn skipped(&self) -> Vec<&'static str> {
        self.names(|verdict| matches!(verdict, Verdict::Skipped(_)))
    }

    fn names(&self, which: impl Fn(&Verdict) -> bool) -> Vec<&'static str> {
        self.checked.iter().filter(|checked| which(&checked.verdict)).map(|checked| checked.name).collect()
    }

    /// Panics with the whole report, if a check failed.
    ///
    /// # Panics
    /// If a check failed.
    #[track_caller]
    pub fn assert(&self) {
        assert!(self.failed().is_empty(), "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { store, checked } = self;
        writeln!(f, "{store}: {} of {} checks failed", self.failed().len(), checked.len())?;
        for Checked { name, verdict } in checked {
            match verdict {
                Verdict::Passed => writeln!(f, "  ok       {name}")?,
                Verdict::Skipped(why) => writeln!(f, "  skipped  {name}: {why}")?,
                Verdict::Failed(why) => writeln!(f, "  FAILED   {name}: {why}")?,
            }
        }
        Ok(())
    }
}

/// Why a check ended before its end.
#[derive(Debug)]
pub(super) enum Stop {
    Failed(String),
    Skipped(String),
}

/// What a check comes to.
pub(super) type Outcome = Result<(), Stop>;

impl From<Stop> for Verdict {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Failed(why) => Verdict::Failed(why),
            Stop::Skipped(why) => Verdict::Skipped(why),
        }
    }
}

/// What the store or the bus failed with, where it should not have.
impl<E: Error + 'static> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Failed(with_sources(&error))
    }
}

/// Ends a check unless something is so.
macro_rules! ensure {
    ($is:expr, $($text:tt)+) => {
        if !$is {
            return ::core::result::Result::Err($crate::testing::conformance::report::Stop::Failed(::std::format!($($text)+)));
        }
    };
}

/// Ends a check unless two values are the same: what was found, and what should have been.
macro_rules! same {
    ($found:expr, $expected:expr, $($text:tt)+) => {
        match (&$found, &$expected) {
            (found, expected) => $crate::testing::conformance::report::ensure!(
                *found == *expected,
                "{}: found {found:?}, expected {expected:?}",
                ::std::format_args!($($text)+)
            ),
        }
    };
}

pub(super) use {ensure, same};
