//! What every [`Store`](crate::Store) has to do, as a suite that runs on one.
//!
//! The tests of a store [`run`] it, and panic with the whole [`Report`] unless all of it holds:
//!
//! ```
//! use cqrs_core::InMemoryStore;
//! use cqrs_core::testing::conformance::{self, Subject};
//!
//! struct InMemory;
//!
//! impl Subject for InMemory {
//!     type Store = InMemoryStore;
//!
//!     async fn fresh(&self) -> InMemoryStore {
//!         InMemoryStore::default()
//!     }
//!
//!     async fn beside(&self, store: &InMemoryStore) -> Option<InMemoryStore> {
//!         Some(store.clone())
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! conformance::run(InMemory).await.assert();
//! # }
//! ```
//!
//! That the suite would find what is wrong is tested too: a [`BrokenStore`] has one [`Flaw`], and the check that finds it
//! is known.
//!
//! It needs tokio's time to be that of the clock on the wall: under `start_paused` a check that waits for the store's own
//! thread gives up at once. What a crash or a loss of power leaves behind is not its affair, and neither are the
//! application's own tables: for those a store has tests of its own.

mod broken;
mod checks;
mod everything;
mod messages;
mod report;
mod samples;
mod subject;
mod unregistered;

// The checks, by what they are about.
mod audit;
mod calls;
mod changed;
mod checkpoints;
mod follow;
mod leases;
mod letters;
mod log;
mod outbox;
mod outcomes;
mod reopened;
mod streams;
mod values;

pub use broken::{Broken, BrokenStore, BrokenUnit, Flaw};
pub use report::{Checked, Report, Verdict};
pub use subject::Subject;

use std::time::Duration;

use crate::future::CatchPanic;
use crate::result::fault::Fault;
use checks::{CHECKS, Check};
use subject::{Shared, Trial};

/// How long one check may take before the store counts as hanging.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs every check, each on a store of its own, one after the other.
///
/// See the [module](self) for an example.
pub async fn run(subject: impl Subject) -> Report {
    let subject = Shared::new(subject);
    let mut checked = Vec::with_capacity(CHECKS.len());
    let mut store = String::new();
    for check in CHECKS {
        let trial = Trial::fresh(&subject).await;
        if store.is_empty() {
            store = trial.store().describe();
        }
        checked.push(Checked { name: check.name, verdict: verdict(check, trial).await });
    }
    Report::new(store, checked)
}

/// Runs one check, for whoever looks for what is wrong; `None`, if none has this name.
///
/// ```
/// use cqrs_core::testing::conformance::{self, Broken, Flaw, Verdict};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let verdict = conformance::check(Broken::by(Flaw::SettlesTwice), "outbox::a_command_is_settled_once").await;
/// let Some(Verdict::Failed(why)) = verdict else { panic!("{verdict:?}") };
/// assert_eq!(why, "to settle a command that never was in the outbox is no conflict: it was written");
/// # }
/// ```
pub async fn check(subject: impl Subject, name: &str) -> Option<Verdict> {
    let check = CHECKS.iter().find(|check| check.name == name)?;
    let trial = Trial::fresh(&Shared::new(subject)).await;
    Some(verdict(check, trial).await)
}

/// The names of all checks, in the order in which they run.
///
/// ```
/// use cqrs_core::testing::conformance;
///
/// assert!(conformance::names().any(|name| name == "log::a_reader_misses_no_event"));
/// ```
pub fn names() -> impl Iterator<Item = &'static str> {
    CHECKS.iter().map(|check| check.name)
}

async fn verdict(check: &Check, trial: Trial) -> Verdict {
    match tokio::time::timeout(LIMIT, CatchPanic::new((check.run)(trial))).await {
        Ok(Ok(Ok(()))) => Verdict::Passed,
        Ok(Ok(Err(stop))) => stop.into(),
        Ok(Err(payload)) => Verdict::Failed(Fault::panic("the check", &*payload).detail().to_owned()),
        Err(_) => Verdict::Failed(format!("it is not done after {LIMIT:?}")),
    }
}
