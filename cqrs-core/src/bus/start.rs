//! Starting a bus, and ending it in order.

use std::fmt;

use crate::bus::Bus;
use crate::bus::verify::Report;
use crate::call::limit::Limit;
use crate::result::fault::{Fault, with_sources};
use crate::subscription::OUTBOX;

/// Why a bus did not start.
///
/// `Debug` is `Display` with all sources: a `main` that returns this error prints it, and what it prints is for a person.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Something is wired wrongly: everything, in one report.
    #[error("{0}")]
    Wiring(Report),
    /// A provider failed.
    #[error("a dependency cannot be made: {0}")]
    Provider(#[source] Fault),
    /// The store cannot be used: it does not answer, or what it holds does not belong together.
    #[error("the store cannot be used: {0}")]
    Store(#[source] Fault),
}

impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&with_sources(self))
    }
}

/// A bus that is started. Dropping it leaves the bus as it is; [`shutdown`](Started::shutdown) ends it in order.
#[must_use = "keep it for the orderly end of the bus: `started.shutdown().await`"]
#[derive(Debug)]
pub struct Started {
    bus: Bus,
}

impl Bus {
    /// Verifies the wiring and makes every shared dependency, so that what is missing is known now and not at
    /// the first call; and with a [store](crate::Store) begins to run the subscriptions and the outbox, on this runtime. A
    /// bus that was shut down takes calls again.
    ///
    /// # Errors
    /// The whole report, the fault of the first provider that failed, or what is wrong with the store.
    pub async fn start(&self) -> Result<Started, StartError> {
        let report = self.verify();
        if !report.is_sound() {
            return Err(StartError::Wiring(report.clone()));
        }
        self.container().prepare_all(self).await.map_err(StartError::Provider)?;
        if let Some(store) = self.store().await.map_err(StartError::Store)? {
            Limit::can_be("a bus that has a store").map_err(StartError::Store)?;
            tracing::info!(store = store.describe(), subscriptions = self.delivery().durable().len(), "started");
            self.subscribers().start(self).await.map_err(StartError::Store)?;
        } else if self.default_unit().is_none() && self.delivery().handlers() > 0 {
            tracing::warn!(
                handlers = self.delivery().handlers(),
                "events are delivered from memory: what is not handled when the process ends is lost"
            );
        }
        self.set_closed(false);
        Ok(Started { bus: self.clone() })
    }
}

impl Bus {
    /// Whether a call from outside would be taken now: for whoever asks before sending requests here.
    ///
    /// # Errors
    /// A fault of kind [`Unavailable`](crate::FaultKind::Unavailable) once the shutdown has begun, what the store says where
    /// it does not answer, or [`Wiring`](crate::FaultKind::Wiring) where something is wired wrongly.
    pub async fn ready(&self) -> Result<(), Fault> {
        if !self.is_open() {
            return Err(Fault::unavailable("the bus is shutting down and takes no more calls"));
        }
        let report = self.verify();
        if !report.is_sound() {
            return Err(Fault::wiring(report.to_string()));
        }
        match self.store().await? {
            Some(store) => store.checkpoint(OUTBOX).await.map(drop),
            None => Ok(()),
        }
    }
}

impl Started {
    /// The bus.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Ends in order: refuses calls from outside from now on, with a transient fault, and waits until the calls
    /// under way have committed or rolled back. What they handed on in memory is handled; what is in a
    /// [store](crate::Store) stays there for the next start or another process: each subscription finishes the event it is
    /// at. Put a [`timeout`](tokio::time::timeout) around it to wait no longer than that.
    pub async fn shutdown(self) {
        self.bus.set_closed(true);
        self.bus.idle().await;
        // First what is at hand, since nobody may wait for the end of what follows.
        self.bus.audit_buffer().flush(&self.bus).await;
        self.bus.subscribers().stop().await;
        // What the last deliveries have begun.
        self.bus.idle().await;
        self.bus.delivery().settled(&self.bus).await;
        self.bus.audit_buffer().flush(&self.bus).await;
    }
}
