//! Keeps a subscription with this process, however long a handler takes.

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::result::fault::{Fault, with_sources};
use crate::store::{Checkpoint, Store};
use crate::subscription::runner::Runner;
use crate::subscription::running::claim;

/// A lease that is claimed again well before it is over, by a task of its own, until this is dropped.
pub(super) struct Lease {
    held: watch::Receiver<Held>,
    keeper: JoinHandle<()>,
}

#[derive(Clone, Copy, PartialEq)]
enum Held {
    Here,
    /// Another process has it.
    Elsewhere,
    /// Another process has had it meanwhile, and may have moved the checkpoint.
    Anew,
}

impl Lease {
    /// Of a subscription that was claimed just now.
    pub(super) fn of(runner: &Runner, store: &Arc<dyn Store>, claimed: &Checkpoint) -> Self {
        let (told, held) = watch::channel(Held::Here);
        let (bus, store, fence) = (runner.bus.clone(), store.clone(), claimed.fence);
        let (name, owner, start) = (runner.name.clone(), runner.owner, runner.start);
        let pause = bus.delivery().delivering.lease / 3;
        let keeper = tokio::spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                let lost = match store.claim(&claim(&bus, name.clone(), owner, start)).await {
                    Ok(Some(claimed)) if claimed.fence == fence => continue,
                    Ok(Some(_)) => Held::Anew,
                    Ok(None) => Held::Elsewhere,
                    Err(fault) => {
                        // What the lease is for, the store cannot do now either.
                        tracing::warn!(subscription = %name, error = %with_sources(&fault), "a lease is not claimed again");
                        continue;
                    }
                };
                told.send_replace(lost);
                return;
            }
        });
        Lease { held, keeper }
    }

    /// Whether this process has it still.
    ///
    /// # Errors
    /// A conflict, where another one has had it meanwhile: what this one knows of it is old.
    pub(super) fn is_held(&self) -> Result<bool, Fault> {
        match *self.held.borrow() {
            Held::Here => Ok(true),
            Held::Elsewhere => Ok(false),
            Held::Anew => Err(Fault::conflict("another process has had the subscription meanwhile")),
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}
