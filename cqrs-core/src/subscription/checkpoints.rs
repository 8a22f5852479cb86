//! How far a subscription has come, as its runner knows it and as the store does.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::bus::Bus;
use crate::call::ids::MessageId;
use crate::result::fault::Fault;
use crate::store::changes::{Advance, Changes};
use crate::store::position::Position;
use crate::store::{Checkpoint, Store};

/// The checkpoint of a subscription that this process has.
///
/// A handler that writes in the store's transaction moves it there. For any other it is moved after the handler, and the
/// next event is not kept waiting for that: one move at a time is under way, and when it has arrived the next one goes to
/// wherever the handler has come meanwhile.
pub(super) struct Checkpoints {
    bus: Bus,
    store: Arc<dyn Store>,
    subscription: Arc<str>,
    fence: u64,
    /// As the store has it.
    kept: Option<Position>,
    /// As the handler has it.
    reached: Option<(Position, MessageId)>,
    moving: Option<Moving>,
}

struct Moving {
    to: Position,
    written: JoinHandle<Result<(), Fault>>,
}

impl Checkpoints {
    pub(super) fn new(bus: &Bus, store: &Arc<dyn Store>, subscription: &Arc<str>, checkpoint: &Checkpoint) -> Self {
        Checkpoints {
            bus: bus.clone(),
            store: store.clone(),
            subscription: subscription.clone(),
            fence: checkpoint.fence,
            kept: checkpoint.position(),
            reached: checkpoint.at,
            moving: None,
        }
    }

    /// The step to an event, for whoever writes it; everything before it is kept by then.
    pub(super) async fn step(&mut self, to: Position, event_id: MessageId) -> Result<Advance, Fault> {
        self.flush().await?;
        Ok(self.advance((to, event_id)))
    }

    /// Whether a claim goes on with the one that these are of: nobody else has had the subscription since.
    pub(super) fn are_of(&self, claimed: &Checkpoint) -> bool {
        claimed.fence == self.fence
    }

    /// Where the store has it.
    pub(super) fn kept(&self) -> Option<Position> {
        self.kept
    }

    /// The step is in the store.
    pub(super) fn stepped(&mut self, step: &Advance) {
        self.kept = Some(step.to);
        self.reached = Some((step.to, step.event_id));
    }

    /// The handler has come to an event.
    pub(super) async fn reach(&mut self, position: Position, event_id: MessageId) -> Result<(), Fault> {
        self.reached = Some((position, event_id));
        if self.moving.as_ref().is_some_and(|moving| moving.written.is_finished()) {
            self.moved().await?;
        }
        if self.moving.is_none() {
            self.begin();
        }
        Ok(())
    }

    /// Waits until the store has what the handler has.
    pub(super) async fn flush(&mut self) -> Result<(), Fault> {
        self.moved().await?;
        self.begin();
        self.moved().await
    }

    fn advance(&self, (to, event_id): (Position, MessageId)) -> Advance {
        let (subscription, fence, from) = (self.subscription.clone(), self.fence, self.kept);
        Advance { subscription, fence, from, to, event_id }
    }

    fn begin(&mut self) {
        let Some(reached) = self.reached.filter(|(position, _)| self.kept != Some(*position)) else { return };
        let checkpoint = Some(self.advance(reached));
        let (store, changes) = (self.store.clone(), Changes { checkpoint, ..Changes::at(self.bus.now()) });
        let written = tokio::spawn(async move { store.write(changes).await });
        self.moving = Some(Moving { to: reached.0, written });
    }

    async fn moved(&mut self) -> Result<(), Fault> {
        let Some(Moving { to, written }) = self.moving.take() else { return Ok(()) };
        match written.await {
            Ok(Ok(())) => {
                self.kept = Some(to);
                Ok(())
            }
            Ok(Err(fault)) => Err(fault),
            Err(error) => Err(Fault::internal("the checkpoint's write went down").caused_by(error)),
        }
    }
}
