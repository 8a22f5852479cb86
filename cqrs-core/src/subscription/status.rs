//! What a program asks of its subscriptions: how they are, and what to do with what they could not handle.

use std::sync::Arc;

use crate::bus::Bus;
use crate::call::ids::MessageId;
use crate::result::fault::{Fault, Place};
use crate::store::changes::{Changes, DeadLetter, Postponed, QueuedCommand};
use crate::store::position::Position;
use crate::subscription::OUTBOX;

/// How a subscription is, in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// It handles what comes.
    Running,
    /// It cannot go on now, and tries again until it can: the store or something that its handler needs does not answer.
    Retrying {
        /// Why, with all sources.
        error: String,
    },
    /// It does not go on until somebody does something.
    Halted {
        /// Why, and what to do.
        reason: String,
    },
    /// Another process has it.
    Elsewhere,
    /// Nobody runs it in this process: the bus is not started, or was shut down.
    Stopped,
}

/// How far a subscription has come, and how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SubscriptionStatus {
    /// The last event that it has handled or put aside; none, where it is at the beginning of the log, or nobody has ever
    /// run it.
    pub position: Option<Position>,
    /// How it is, in this process.
    pub health: Health,
    /// How many events it could not handle, those behind them included.
    pub dead_letters: usize,
}

/// A subscription of a bus that has a store: [`Bus::subscriptions`].
///
/// An event that its handler says no to, panics at or cannot read, time after time, becomes a *dead letter*: it is kept with
/// its error, later events of its stream wait behind it, and everything else goes on. When what was wrong is mended, it is
/// [replayed](Subscription::replay), or else [skipped](Subscription::skip). What is merely not possible now is no dead
/// letter: it is tried until it is.
#[derive(Debug, Clone)]
pub struct Subscription {
    bus: Bus,
    name: Arc<str>,
    handlers: Vec<Place>,
}

impl Bus {
    /// Every subscription of this bus, by name; none, where it has no store.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<Subscription> {
        let durable = self.delivery().durable().iter();
        let subscription =
            |(name, handlers): (&&'static str, &Vec<Arc<crate::delivery::job::EventHandler>>)| Subscription {
                bus: self.clone(),
                name: (*name).into(),
                handlers: handlers.iter().map(|handler| handler.info.place).collect(),
            };
        durable.map(subscription).collect()
    }

    /// The subscription of this name.
    #[must_use]
    pub fn subscription(&self, name: &str) -> Option<Subscription> {
        self.subscriptions().into_iter().find(|subscription| &*subscription.name == name)
    }

    /// What waits in the outbox of this bus's store.
    #[must_use]
    pub fn outbox(&self) -> OutboxQueue {
        OutboxQueue(self.clone())
    }
}

impl Subscription {
    /// Its name, which its checkpoint is kept under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The handlers that it feeds.
    #[must_use]
    pub fn handlers(&self) -> &[Place] {
        &self.handlers
    }

    /// How far it has come, and how it is.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn status(&self) -> Result<SubscriptionStatus, Fault> {
        let store = self.bus.need_store().await?;
        let checkpoint = store.checkpoint(&self.name).await?;
        Ok(SubscriptionStatus {
            position: checkpoint.and_then(|checkpoint| checkpoint.position()),
            health: self.bus.subscribers().health(&self.name),
            dead_letters: store.dead_letters(&self.name).await?.len(),
        })
    }

    /// What it could not handle, and what waits behind that, in the order of the log.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, Fault> {
        self.bus.need_store().await?.dead_letters(&self.name).await
    }

    /// Has a dead letter handled again, and then what waits behind it; by whichever process has the subscription.
    ///
    /// # Errors
    /// A fault: of kind [`NotFound`](crate::FaultKind::NotFound), where there is no such dead letter.
    pub async fn replay(&self, event: MessageId) -> Result<(), Fault> {
        let letter = self.letter(event).await?;
        self.mark(self.from(&letter).await?, Vec::new()).await
    }

    /// Has all of them handled again.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn replay_all(&self) -> Result<(), Fault> {
        let letters = self.dead_letters().await?;
        self.mark(letters, Vec::new()).await
    }

    /// Gives up on a dead letter for good, and has what waits behind it handled.
    ///
    /// # Errors
    /// A fault: of kind [`NotFound`](crate::FaultKind::NotFound), where there is no such dead letter.
    pub async fn skip(&self, event: MessageId) -> Result<(), Fault> {
        let letter = self.letter(event).await?;
        let mut behind = self.from(&letter).await?;
        behind.retain(|other| other.event_id != event);
        self.mark(behind, vec![(self.name.clone(), event)]).await
    }

    async fn letter(&self, event: MessageId) -> Result<DeadLetter, Fault> {
        let found = self.dead_letters().await?.into_iter().find(|letter| letter.event_id == event);
        found.ok_or_else(|| {
            Fault::not_found(format!("the event {event} is no dead letter of the subscription `{}`", self.name))
        })
    }

    /// A dead letter and what waits behind it.
    async fn from(&self, first: &DeadLetter) -> Result<Vec<DeadLetter>, Fault> {
        let mut letters = self.dead_letters().await?;
        letters.retain(|letter| {
            letter.event_id == first.event_id
                || letter.stream.is_some() && letter.stream == first.stream && letter.position > first.position
        });
        Ok(letters)
    }

    async fn mark(&self, letters: Vec<DeadLetter>, unparked: Vec<(Arc<str>, MessageId)>) -> Result<(), Fault> {
        let retold = letters.into_iter().map(|letter| DeadLetter { replay: true, ..letter }).collect();
        let changes = Changes { retold, unparked, ..Changes::at(self.bus.now()) };
        self.bus.need_store().await?.write(changes).await
    }
}

/// The outbox of a bus that has a store: [`Bus::outbox`].
///
/// A command that faults is tried again, with growing pauses; one that would fault the same each time is *parked* after as
/// many attempts as an event gets.
#[derive(Debug, Clone)]
pub struct OutboxQueue(Bus);

impl OutboxQueue {
    /// How it is, in this process.
    #[must_use]
    pub fn health(&self) -> Health {
        self.0.subscribers().health(OUTBOX)
    }

    /// The commands that are parked, each with the error of its last attempt.
    ///
    /// # Errors
    /// A fault; of kind [`Wiring`](crate::FaultKind::Wiring), where the bus has no store.
    pub async fn parked(&self) -> Result<Vec<QueuedCommand>, Fault> {
        self.0.need_store().await?.parked_commands().await
    }

    /// Has a parked command tried again, as often as a new one.
    ///
    /// # Errors
    /// A fault: of kind [`NotFound`](crate::FaultKind::NotFound), where no such command is parked.
    pub async fn retry(&self, command: MessageId) -> Result<(), Fault> {
        let QueuedCommand { error, .. } = self.parked_one(command).await?;
        let now = self.0.now();
        let again = Postponed { id: command, not_before: now, attempts: 0, error, parked: false };
        self.0.need_store().await?.write(Changes { postponed: vec![again], ..Changes::at(now) }).await
    }

    /// Gives up on a parked command for good.
    ///
    /// # Errors
    /// A fault: of kind [`NotFound`](crate::FaultKind::NotFound), where no such command is parked.
    pub async fn discard(&self, command: MessageId) -> Result<(), Fault> {
        self.parked_one(command).await?;
        let changes = Changes { settled: Some(command), ..Changes::at(self.0.now()) };
        self.0.need_store().await?.write(changes).await
    }

    async fn parked_one(&self, command: MessageId) -> Result<QueuedCommand, Fault> {
        let found = self.parked().await?.into_iter().find(|queued| queued.command.id == command);
        found.ok_or_else(|| Fault::not_found(format!("no command {command} is parked in the outbox")))
    }
}
