//! What a subscription cannot handle: put aside, and told anew when somebody wants it to be.

use std::collections::HashSet;

use crate::delivery::job::chain;
use crate::message::stream::StreamId;
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::Fault;
use crate::store::changes::{Changes, DeadLetter};
use crate::store::log::{Reading, StoredEvent};
use crate::subscription::Health;
use crate::subscription::failure::is_the_messages_own;
use crate::subscription::session::Session;

/// How many dead letters are told anew before the subscription goes on with the log.
const REPLAYS: usize = 64;

impl Session<'_> {
    /// What is put aside, as the store has it.
    pub(super) async fn read_letters(&mut self) -> Result<Vec<DeadLetter>, Fault> {
        let letters = self.store.dead_letters(&self.runner.name).await?;
        self.parked = letters.iter().filter_map(|letter| letter.stream.clone()).collect();
        self.dead = letters.iter().filter(|letter| letter.error.is_some()).count();
        self.letters = letters.len();
        Ok(letters)
    }

    /// Whether there may be one more dead letter. With too many the subscription halts, until somebody has cleared some
    /// away.
    pub(super) async fn may_park(&mut self) -> Result<bool, Fault> {
        let limit = self.runner.bus.delivery().delivering.dead_letter_limit;
        if self.dead >= limit {
            self.read_letters().await?;
        }
        if self.dead < limit {
            return Ok(true);
        }
        let reason = format!(
            "it has {} dead letters, so it is its handler that is wrong: mend it and start again, or replay or skip them",
            self.dead
        );
        tracing::error!(subscription = %self.runner.name, "the subscription halts: {reason}");
        self.runner.health.send_replace(Health::Halted { reason });
        Ok(false)
    }

    /// Puts an event aside: one that could not be handled, or without an error one behind such a one.
    pub(super) async fn park(
        &mut self,
        event: &StoredEvent,
        error: Option<String>,
        attempts: u32,
    ) -> Result<(), Fault> {
        if let Some(error) = &error {
            tracing::error!(subscription = %self.runner.name, event = %event.name, id = %event.id,
                position = %event.position, error, "gave up on an event; it is a dead letter now");
            self.dead += 1;
        }
        let now = self.runner.bus.now();
        let step = self.checkpoints.step(event.position, event.id).await?;
        let letter = DeadLetter {
            subscription: self.runner.name.clone(),
            position: event.position,
            event_id: event.id,
            name: event.name.clone(),
            stream: event.stream.clone(),
            error,
            attempts,
            parked_at: now,
            replay: false,
        };
        let changes = Changes { checkpoint: Some(step.clone()), parked: vec![letter], ..Changes::at(now) };
        self.store.write(changes).await?;
        self.checkpoints.stepped(&step);
        self.parked.extend(event.stream.clone());
        self.letters += 1;
        Ok(())
    }

    /// Tells dead letters anew that somebody wants to be. One that fails again keeps those behind it waiting.
    pub(super) async fn replay(&mut self) -> Result<(), Fault> {
        // Nobody but who has the subscription puts any there.
        if self.letters == 0 {
            return Ok(());
        }
        let letters = to_be_told(self.read_letters().await?);
        let mut stuck: HashSet<StreamId> = HashSet::new();
        for letter in letters.into_iter().take(REPLAYS) {
            if self.runner.is_told_to_stop() || !self.lease.is_held()? {
                return Ok(());
            }
            let ahead = letter.stream.as_ref().is_some_and(|stream| stuck.contains(stream));
            let error = match ahead {
                true => None,
                false => match self.tell_anew(&letter).await? {
                    None => continue,
                    failed => failed,
                },
            };
            stuck.extend(letter.stream.clone());
            let attempts = letter.attempts + u32::from(error.is_some());
            let error = error.or(letter.error.clone());
            let letter = DeadLetter { error, attempts, replay: false, ..letter };
            self.store.write(Changes { retold: vec![letter], ..Changes::at(self.runner.bus.now()) }).await?;
        }
        self.read_letters().await.map(drop)
    }

    /// What is wrong with the event, if anything is.
    ///
    /// # Errors
    /// Why it cannot be handled now, or not by this process: then it is still to be told.
    async fn tell_anew(&mut self, letter: &DeadLetter) -> Result<Option<String>, Fault> {
        let found = self.store.read(Reading::at(letter.position)).await?;
        let Some(event) = found.into_iter().find(|event| event.id == letter.event_id) else {
            return Ok(Some("the event is not in the log any more".to_owned()));
        };
        if self.runner.feeds.of(&event).is_err() {
            return Ok(Some("the subscription has no handler of the event any more".to_owned()));
        }
        match self.attempt(&event, Some(letter)).await {
            Ok(()) => Ok(None),
            Err(DispatchError::Fault(fault)) if !is_the_messages_own(&fault) => Err(fault),
            Err(failure) => Ok(Some(chain(&failure))),
        }
    }
}

/// Which of the letters, in the order of the log, are to be told anew: those that somebody wants to be, and those behind
/// which there is nothing to wait for any more, since it came into the log while what was ahead of them was mended.
pub(super) fn to_be_told(letters: Vec<DeadLetter>) -> Vec<DeadLetter> {
    let mut ahead: HashSet<StreamId> = HashSet::new();
    let is_told = |letter: &DeadLetter| {
        let waits = letter.stream.as_ref().is_some_and(|stream| ahead.contains(stream));
        let is_told = letter.replay || letter.error.is_none() && !waits;
        if !is_told {
            ahead.extend(letter.stream.clone());
        }
        is_told
    };
    letters.into_iter().filter(is_told).collect()
}
