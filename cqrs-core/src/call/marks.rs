//! What the bus knows of a call, beside what its context tells.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::call::ids::MessageId;
use crate::handler::HandlerInfo;

/// A mark that is ignored where contexts are compared.
#[derive(Debug, Default)]
pub(crate) struct Mark(AtomicBool);

impl PartialEq for Mark {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Mark {
    /// From now on it is so.
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it is so.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A command of the outbox that is being dispatched, and whether it has left the outbox in its own unit of work.
#[derive(Debug)]
pub(crate) struct Settles {
    command: MessageId,
    settled: AtomicBool,
}

impl PartialEq for Settles {
    fn eq(&self, other: &Self) -> bool {
        self.command == other.command
    }
}

impl Settles {
    pub(crate) fn new(command: MessageId) -> Arc<Self> {
        Arc::new(Settles { command, settled: AtomicBool::new(false) })
    }

    pub(crate) fn command(&self) -> MessageId {
        self.command
    }

    /// It has left.
    pub(crate) fn settle(&self) {
        self.settled.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Relaxed)
    }
}

/// The keys of what follows from one delivery of an event: the same for every delivery of it to the same handler.
#[derive(Debug, PartialEq)]
pub(crate) struct Derives {
    cause: String,
    commands: Counts,
}

/// How many commands of each name there were. Ignored where contexts are compared.
#[derive(Debug, Default)]
struct Counts(Mutex<BTreeMap<&'static str, u32>>);

impl PartialEq for Counts {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Derives {
    pub(crate) fn new(handler: &HandlerInfo, event: MessageId) -> Arc<Self> {
        Arc::new(Derives { cause: handler.cause(event), commands: Counts::default() })
    }

    /// The key of the next command of this name.
    pub(crate) fn key(&self, name: &'static str) -> Arc<str> {
        let mut commands = self.commands.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = commands.entry(name).or_default();
        let key = format!("{}/{name}/{count}", self.cause);
        *count += 1;
        key.into()
    }
}
