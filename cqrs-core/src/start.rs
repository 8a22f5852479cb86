//! Starting a bus, and ending it in order.

use crate::bus::Bus;
use crate::fault::Fault;
use crate::verify::Report;

/// Why a bus did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Something is wired wrongly: everything, in one report.
    #[error("{0}")]
    Wiring(Report),
    /// A provider failed.
    #[error("a dependency cannot be made")]
    Provider(#[source] Fault),
}

/// A bus that is started. Dropping it leaves the bus as it is; [`shutdown`](Started::shutdown) ends it in order.
#[must_use = "keep it for the orderly end of the bus: `started.shutdown().await`"]
#[derive(Debug)]
pub struct Started {
    bus: Bus,
}

impl Bus {
    /// Verifies the wiring and makes every shared dependency, so that what is missing is known now and not at
    /// the first call. A bus that was shut down takes calls again.
    ///
    /// # Errors
    /// The whole report, or the fault of the first provider that failed.
    pub async fn start(&self) -> Result<Started, StartError> {
        let report = self.verify();
        if !report.is_sound() {
            return Err(StartError::Wiring(report.clone()));
        }
        self.container().prepare_all(self).await.map_err(StartError::Provider)?;
        if self.default_unit().is_none() && self.delivery().handlers() > 0 {
            tracing::warn!(
                handlers = self.delivery().handlers(),
                "events are delivered from memory: what is not handled when the process ends is lost"
            );
        }
        self.set_closed(false);
        Ok(Started { bus: self.clone() })
    }
}

impl Started {
    /// The bus.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Ends in order: refuses calls from outside from now on, with a transient fault, and waits until the calls
    /// under way have committed or rolled back and what they handed on is handled. Put a
    /// [`timeout`](tokio::time::timeout) around it to wait no longer than that.
    pub async fn shutdown(self) {
        self.bus.set_closed(true);
        self.bus.idle().await;
        self.bus.settled().await;
    }
}
