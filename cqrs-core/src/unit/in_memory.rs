//! [`InMemoryUnit`]: a unit of work over what the process has in memory.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::call::FromScope;
use crate::handler::need::Opening;
use crate::result::fault::Fault;
use crate::store::in_memory::InMemoryStore;
use crate::store::records::Records;
use crate::unit::resource::Resource;
use crate::unit::{Scope, UnitOfWork};

/// A unit of work that needs no store: changes to what is in memory, put off until the commit.
///
/// A handler takes it as `&mut InMemoryUnit`; the provider of a repository takes it by value, and what the
/// repository defers is done when the call commits, and only then. Nothing of it outlives the process.
///
/// ```
/// use std::sync::{Arc, Mutex};
/// use cqrs_core::{Bus, InMemoryUnit, command, handler};
///
/// #[derive(Clone, Default)]
/// struct Notes(Arc<Mutex<Vec<String>>>);
///
/// #[command(error = String)]
/// struct Remember(String);
///
/// #[handler]
/// fn remember(cmd: Remember, notes: &Notes, unit: &mut InMemoryUnit) -> Result<(), String> {
///     let (notes, empty) = (notes.clone(), cmd.0.is_empty());
///     unit.on_commit(move || notes.0.lock().unwrap().push(cmd.0));
///     if empty { Err("nothing to remember".into()) } else { Ok(()) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let notes = Notes::default();
/// let bus = Bus::builder().provide(notes.clone()).build();
/// bus.execute(Remember("".into())).await.unwrap_err();
/// assert!(notes.0.lock().unwrap().is_empty());
/// bus.execute(Remember("milk".into())).await.unwrap();
/// assert_eq!(*notes.0.lock().unwrap(), ["milk"]);
/// # }
/// ```
///
/// Where the bus has an [`InMemoryStore`], it is that store's unit: events, outbox and outcomes of the call are kept there.
#[derive(Clone, Default)]
pub struct InMemoryUnit {
    deferred: Arc<Mutex<Vec<Change>>>,
    store: Option<InMemoryStore>,
}

type Change = Box<dyn FnOnce() + Send>;

impl InMemoryUnit {
    /// Does this when the call commits, after what was deferred before it; never, if the call does not.
    /// Changes of calls that raise events happen in the order of their events.
    pub fn on_commit(&self, change: impl FnOnce() + Send + 'static) {
        self.deferred.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(change));
    }

    /// Does now what was deferred: what the bus does when a call commits. A test that calls a handler directly
    /// does it itself.
    pub fn commit_now(&self) {
        loop {
            // Taken out first: a change may defer another one.
            let changes = std::mem::take(&mut *self.deferred.lock().unwrap_or_else(PoisonError::into_inner));
            if changes.is_empty() {
                return;
            }
            changes.into_iter().for_each(|change| change());
        }
    }
}

impl fmt::Debug for InMemoryUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let deferred = self.deferred.lock().unwrap_or_else(PoisonError::into_inner).len();
        f.debug_struct("InMemoryUnit").field("deferred", &deferred).finish()
    }
}

impl UnitOfWork for InMemoryUnit {
    type Store = InMemoryStore;

    async fn open(store: &Arc<InMemoryStore>) -> Result<Self, Fault> {
        Ok(InMemoryUnit { deferred: Arc::default(), store: store.logs().then(|| InMemoryStore::clone(store)) })
    }

    async fn commit(self, records: &Records) -> Result<(), Fault> {
        match &self.store {
            Some(store) => Box::pin(store.commit(records.changes()?, || self.commit_now())).await,
            None => {
                self.commit_now();
                Ok(())
            }
        }
    }
}

impl<C: Sync> Resource<C> for InMemoryUnit {
    type Unit = InMemoryUnit;

    async fn open(scope: &mut Scope, _: &C) -> Result<Self, Fault> {
        Ok(scope.unit::<InMemoryUnit>().await?.clone())
    }

    async fn stage(self, _: &mut Scope) -> Result<(), Fault> {
        Ok(())
    }
}

impl FromScope for InMemoryUnit {
    const OPENING: Opening = Opening::unit::<InMemoryUnit>();

    async fn from_scope(scope: &mut Scope) -> Result<Self, Fault> {
        Ok(scope.unit::<InMemoryUnit>().await?.clone())
    }
}
