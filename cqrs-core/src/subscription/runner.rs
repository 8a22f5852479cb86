//! Runs one subscription: has it, or waits until it can, for as long as the bus is started.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::bus::Bus;
use crate::call::ids::MessageId;
use crate::future::CatchPanic;
use crate::result::fault::{Fault, with_sources};
use crate::store::log::Reading;
use crate::store::{Checkpoint, Start, Store};
use crate::subscription::Health;
use crate::subscription::feeds::Feeds;
use crate::subscription::pauses::Pauses;
use crate::subscription::running::claim;
use crate::subscription::session::{Ended, Session};

/// One subscription of this bus.
pub(super) struct Runner {
    pub(super) bus: Bus,
    pub(super) name: Arc<str>,
    pub(super) owner: MessageId,
    pub(super) start: Start,
    pub(super) feeds: Feeds,
    pub(super) health: watch::Sender<Health>,
    pub(super) stop: watch::Receiver<bool>,
    /// What `Bus::global()` is for its handlers.
    pub(super) global: Option<Bus>,
}

/// What has gone well for so long begins anew with the shortest pause.
const WELL: Duration = Duration::from_secs(60);

impl Runner {
    /// Runs until it is told to stop. What fails is tried again.
    pub(super) async fn run(mut self) {
        let mut pauses = Pauses::new();
        while !self.is_told_to_stop() {
            let began = Instant::now();
            let session = CatchPanic::new(self.session()).await;
            let pause = match session.unwrap_or_else(|payload| Err(Fault::panic("the subscription", &*payload))) {
                Ok(Ended::Stopped) => break,
                Ok(Ended::Elsewhere) => {
                    self.health.send_replace(Health::Elsewhere);
                    self.bus.delivery().delivering.lease / 4
                }
                Err(fault) => {
                    if began.elapsed() > WELL {
                        pauses = Pauses::new();
                    }
                    self.unwell(with_sources(&fault));
                    pauses.next()
                }
            };
            self.wait(pause).await;
        }
        if let Ok(Some(store)) = self.bus.store().await
            && let Err(fault) = store.release(&self.name, self.owner).await
        {
            tracing::warn!(subscription = %self.name, error = %with_sources(&fault), "the subscription's lease runs on");
        }
        self.health.send_replace(Health::Stopped);
    }

    async fn session(&mut self) -> Result<Ended, Fault> {
        let store = self.bus.need_store().await?.clone();
        let Some(checkpoint) = self.claim(&store).await? else { return Ok(Ended::Elsewhere) };
        same_log(&*store, &self.name, &checkpoint).await?;
        Session::new(self, store, &checkpoint).run().await
    }

    /// Claims the subscription, for the first time or once more.
    pub(super) async fn claim(&self, store: &Arc<dyn Store>) -> Result<Option<Checkpoint>, Fault> {
        store.claim(&claim(&self.bus, self.name.clone(), self.owner, self.start)).await
    }

    pub(super) fn unwell(&self, error: String) {
        tracing::warn!(subscription = %self.name, error, "the subscription cannot go on now, and tries again");
        self.health.send_replace(Health::Retrying { error });
    }

    pub(super) fn is_told_to_stop(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits so long, or until it is told to stop.
    pub(super) async fn wait(&mut self, pause: Duration) {
        drop(tokio::time::timeout(pause, self.stop.wait_for(|stop| *stop)).await);
    }
}

/// Whether a checkpoint is one of this log: the event it remembers is where it was.
///
/// A log that was restored from a backup under a newer checkpoint has something else there, or nothing yet; to go on
/// would be to skip what will come.
pub(super) async fn same_log(store: &dyn Store, subscription: &str, checkpoint: &Checkpoint) -> Result<(), Fault> {
    let Some((position, event_id)) = checkpoint.at else { return Ok(()) };
    let there = store.read(Reading::at(position)).await?;
    match there.first() {
        Some(event) if event.id == event_id => Ok(()),
        other => {
            let what = other.map_or("nothing".to_owned(), |event| format!("the event {}", event.id));
            Err(Fault::wiring(format!(
                "the subscription `{subscription}` has handled the event {event_id} at position {position} of the log, and \
                 there the log has {what}: it is another log, or was restored from a backup that is older than the \
                 checkpoint; restore both from one backup, or delete the subscription's checkpoint and rebuild what it keeps"
            )))
        }
    }
}
