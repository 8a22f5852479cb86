//! A store for tests: a list of lines, and a unit of work that can be made to fail wherever a real one can. What it
//! records of idempotent calls is written in the same commit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use cqrs_core::{BoxFuture, Fault, FromScope, LedgerEntry, LedgerKey, Opening, Records, Resource, Scope, UnitOfWork};

/// The store: what was committed, commit by commit. A handle, so that a test keeps one.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    commits: Vec<Vec<String>>,
    outcomes: HashMap<LedgerKey, LedgerEntry>,
    opened: usize,
    fails: Option<Failing>,
    held: Option<Arc<tokio::sync::Semaphore>>,
}

/// Where the unit of work fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// It cannot be opened.
    Open,
    /// What a resource recorded cannot be written.
    Write,
    /// Somebody else was first; nothing is committed.
    Conflict,
    /// It commits, and the answer is lost.
    AnswerLost,
    /// It commits, the answer is lost, and that is told as something that may be mended by trying again.
    AnswerUnavailable,
    /// The commit panics.
    CommitPanics,
}

impl Ledger {
    /// Every commit so far, as the lines it wrote. A line `event NAME` or `command NAME` is a record of the call's.
    pub fn commits(&self) -> Vec<Vec<String>> {
        self.0.lock().unwrap().commits.clone()
    }

    /// The outcomes of idempotent calls, as JSON, by the callers' keys.
    pub fn outcomes(&self) -> Vec<(String, String)> {
        let state = self.0.lock().unwrap();
        let mut outcomes: Vec<_> =
            state.outcomes.values().map(|entry| (entry.key.key.to_string(), entry.outcome.to_string())).collect();
        outcomes.sort_unstable();
        outcomes
    }

    /// Puts this in the place of a recorded outcome.
    pub fn forge_outcome(&self, key: &str, outcome: &str) {
        let mut state = self.0.lock().unwrap();
        let entry = state.outcomes.values_mut().find(|entry| &*entry.key.key == key).expect("an outcome of this key");
        entry.outcome = outcome.into();
    }

    /// From now on nothing fails.
    pub fn mend(&self) {
        self.0.lock().unwrap().fails = None;
    }

    /// How many units were opened.
    pub fn opened(&self) -> usize {
        self.0.lock().unwrap().opened
    }

    /// From now on every unit fails here.
    pub fn fail(&self, failing: Failing) {
        self.0.lock().unwrap().fails = Some(failing);
    }

    /// From now on a commit waits until the semaphore has a permit for it.
    pub fn hold(&self, held: Arc<tokio::sync::Semaphore>) {
        self.0.lock().unwrap().held = Some(held);
    }

    fn fails(&self, failing: Failing) -> bool {
        self.0.lock().unwrap().fails == Some(failing)
    }
}

/// One call's transaction.
pub struct LedgerUnit {
    ledger: Ledger,
    lines: Arc<Mutex<Vec<String>>>,
    outcomes: Vec<LedgerEntry>,
}

impl cqrs_core::Ledger for Ledger {
    fn find<'a>(&'a self, key: &'a LedgerKey) -> BoxFuture<'a, Result<Option<LedgerEntry>, Fault>> {
        Box::pin(async {
            tokio::task::yield_now().await;
            Ok(self.0.lock().unwrap().outcomes.get(key).cloned())
        })
    }

    fn stage<'a>(&'a self, scope: &'a mut Scope, entry: LedgerEntry) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async { scope.unit::<LedgerUnit>().await.map(|unit| unit.outcomes.push(entry)) })
    }
}

impl UnitOfWork for LedgerUnit {
    type Store = Ledger;

    async fn open(store: &Arc<Ledger>) -> Result<Self, Fault> {
        tokio::task::yield_now().await;
        if store.fails(Failing::Open) {
            return Err(Fault::unavailable("the ledger is closed").caused_by(std::io::Error::other("door")));
        }
        store.0.lock().unwrap().opened += 1;
        Ok(LedgerUnit { ledger: Ledger::clone(store), lines: Arc::default(), outcomes: Vec::new() })
    }

    async fn commit(self, records: &Records) -> Result<(), Fault> {
        tokio::task::yield_now().await;
        let held = self.ledger.0.lock().unwrap().held.clone();
        if let Some(held) = held {
            held.acquire().await.unwrap().forget();
        }
        if self.ledger.fails(Failing::Conflict) {
            return Err(Fault::conflict("somebody else wrote this page first"));
        }
        assert!(!self.ledger.fails(Failing::CommitPanics), "the pen broke");
        let mut lines = std::mem::take(&mut *self.lines.lock().unwrap());
        lines.extend(records.events().iter().map(|raised| format!("event {}", raised.name())));
        lines.extend(records.commands().iter().map(|sent| format!("command {}", sent.name())));
        {
            let mut state = self.ledger.0.lock().unwrap();
            if self.outcomes.iter().any(|entry| state.outcomes.contains_key(&entry.key)) {
                return Err(Fault::conflict("the key has an outcome already"));
            }
            lines.extend(self.outcomes.iter().map(|entry| format!("outcome {}", entry.key.key)));
            state.outcomes.extend(self.outcomes.into_iter().map(|entry| (entry.key.clone(), entry)));
            state.commits.push(lines);
        }
        tokio::task::yield_now().await;
        if self.ledger.fails(Failing::AnswerLost) {
            return Err(Fault::outcome_unknown("the connection broke during the commit"));
        }
        if self.ledger.fails(Failing::AnswerUnavailable) {
            return Err(Fault::unavailable("the connection broke during the commit").with_unknown_effect());
        }
        Ok(())
    }
}

/// What handlers write through: `page: &mut Page`.
#[derive(Default)]
pub struct Page {
    lines: Vec<String>,
    unit: Option<Arc<Mutex<Vec<String>>>>,
}

impl Page {
    /// Writes a line, to be committed with the call.
    pub fn write(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }
}

impl<C: Sync> Resource<C> for Page {
    type Unit = LedgerUnit;

    async fn open(scope: &mut Scope, _: &C) -> Result<Self, Fault> {
        let unit = scope.unit::<LedgerUnit>().await?;
        Ok(Page { lines: Vec::new(), unit: Some(unit.lines.clone()) })
    }

    async fn stage(self, scope: &mut Scope) -> Result<(), Fault> {
        let unit = scope.unit::<LedgerUnit>().await?;
        if unit.ledger.fails(Failing::Write) {
            return Err(Fault::internal("the page is full").caused_by(std::io::Error::other("ink")));
        }
        self.unit.unwrap_or_default().lock().unwrap().extend(self.lines);
        Ok(())
    }
}

/// The unit's lines by value, for the provider of a repository.
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    /// Writes a line, to be committed with the call.
    pub fn write(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }
}

impl FromScope for Lines {
    const OPENING: Opening = Opening::unit::<LedgerUnit>();

    async fn from_scope(scope: &mut Scope) -> Result<Self, Fault> {
        Ok(Lines(scope.unit::<LedgerUnit>().await?.lines.clone()))
    }
}
