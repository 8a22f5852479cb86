//! All that a store says, and a store in which there is something of everything.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::call::ids::MessageId;
use crate::pipeline::ledger::LedgerEntry;
use crate::store::audit::{AuditEntry, AuditQuery};
use crate::store::changes::{Changes, DeadLetter, Postponed, QueuedCommand};
use crate::store::log::{Reading, StoredEvent};
use crate::store::position::Position;
use crate::store::{Checkpoint, Store};
use crate::testing::conformance::report::{Outcome, Stop, same};
use crate::testing::conformance::samples::*;

/// The subscription that is asked about.
pub(super) const READER: &str = "reader";

/// All that a store says of what the checks have written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Everything {
    pub(super) events: Vec<StoredEvent>,
    head: Option<(Position, MessageId)>,
    due: Vec<QueuedCommand>,
    next_due: Option<SystemTime>,
    parked: Vec<QueuedCommand>,
    outcomes: Vec<Option<LedgerEntry>>,
    audit: Vec<AuditEntry>,
    checkpoint: Option<Checkpoint>,
    pub(super) letters: Vec<DeadLetter>,
}

/// The keys that are asked about.
const KEYS: [&str; 3] = ["first", "second", "third"];

impl Everything {
    pub(super) async fn of(store: &dyn Store) -> Result<Everything, Stop> {
        let mut outcomes = Vec::new();
        for chosen in KEYS {
            outcomes.push(store.find(&key(chosen), now()).await?);
        }
        Ok(Everything {
            events: store.read(Reading::after(None, usize::MAX)).await?,
            head: store.head().await?,
            due: store.due(at(1_000_000), usize::MAX).await?,
            next_due: store.next_due().await?,
            parked: store.parked_commands().await?,
            outcomes,
            audit: store.audited(AuditQuery::default().limit(usize::MAX)).await?,
            checkpoint: store.checkpoint(READER).await?,
            letters: store.dead_letters(READER).await?,
        })
    }
}

/// A store in which there is something of everything.
pub(super) struct Furnished {
    pub(super) store: Arc<dyn Store>,
    /// Three events, the first two in the stream `cart-1`; the checkpoint is at the first.
    pub(super) events: Vec<StoredEvent>,
    pub(super) checkpoint: Checkpoint,
    /// Who has the subscription.
    pub(super) owner: MessageId,
    /// Two commands in the outbox.
    pub(super) queued: [MessageId; 2],
}

impl Furnished {
    pub(super) async fn of(store: Arc<dyn Store>) -> Result<Furnished, Stop> {
        let owner = MessageId::new();
        let commands = vec![command("waits"), command("waits too")];
        let queued = [commands[0].id, commands[1].id];
        let events = vec![event_in("cart-1", 1), event_in("cart-1", 2), event(3)];
        let (outcome, audit) = (Some(outcome(key("first"))?), vec![row("Furnish")]);
        store.write(Changes { events, commands, outcome, audit, ..changes() }).await?;
        let events = log_of(&*store, 3).await?;
        same!(numbers(&events)?, vec![1, 2, 3], "the log does not have what was written");
        let claimed = store.claim(&claim(READER, owner, now())).await?;
        let claimed = claimed.ok_or_else(|| Stop::Failed("nobody has the subscription, and it was not had".into()))?;
        let checkpoint = Some(step(READER, &claimed, &events[0]));
        let parked = vec![letter(READER, &events[0], Some("no"))];
        store.write(Changes { checkpoint, parked, ..changes() }).await?;
        let checkpoint = Checkpoint { at: Some((events[0].position, events[0].id)), ..claimed };
        same!(store.checkpoint(READER).await?.as_ref(), Some(&checkpoint), "the checkpoint is not where it was moved");
        Ok(Furnished { store, events, checkpoint, owner, queued })
    }

    /// Changes that change all there is, and can be written.
    pub(super) fn more(&self) -> Result<Changes, Stop> {
        let [settled, postponed] = self.queued;
        let error = Some("not now".to_owned());
        Ok(Changes {
            expected: vec![expected("cart-1", 2), expected("cart-2", 0)],
            events: vec![event_in("cart-1", 4), event_in("cart-2", 5)],
            commands: vec![command("follows")],
            outcome: Some(outcome(key("second"))?),
            audit: vec![row("More")],
            settled: Some(settled),
            postponed: vec![Postponed { id: postponed, not_before: at(60), attempts: 1, error, parked: false }],
            checkpoint: Some(step(READER, &self.checkpoint, &self.events[1])),
            parked: vec![letter(READER, &self.events[1], None)],
            unparked: unparked(READER, &self.events[0]),
            ..changes()
        })
    }

    /// Whether changes are a conflict of which nothing is left, and the same without what is wrong with them are none.
    pub(super) async fn refuses(&self, wrong: Changes, what: &str) -> Outcome {
        let before = Everything::of(&*self.store).await?;
        is_conflict(self.store.write(wrong).await, what)?;
        same!(Everything::of(&*self.store).await?, before, "{what} is a conflict, and something of it was written");
        self.takes(self.more()?).await
    }

    /// Whether changes are written, all of them.
    pub(super) async fn takes(&self, more: Changes) -> Outcome {
        let store = &self.store;
        store.write(more).await?;
        let after = Everything::of(&**store).await?;
        same!(numbers(&after.events)?, vec![1, 2, 3, 4, 5], "the events of changes that were written");
        let last = after.events.last().map(|event| (event.position, event.id));
        same!(after.head, last, "the head of the log is not its last event");
        let versions: Vec<_> = after.events.iter().map(|event| event.version).collect();
        same!(versions, vec![Some(1), Some(2), None, Some(3), Some(1)], "the versions of events in their streams");
        let keys: Vec<_> = after.due.iter().map(|queued| &*queued.command.key).collect();
        same!(keys, vec!["follows", "waits too"], "the outbox, after one was settled, one sent and one put off");
        same!(after.next_due, Some(now()), "when the next command of the outbox is due");
        same!(after.due[1].attempts, 1, "how often the command was tried that was put off");
        same!(after.parked.len(), 0, "the commands that are parked");
        let outcomes: Vec<_> = after.outcomes.iter().map(Option::is_some).collect();
        same!(outcomes, vec![true, true, false], "which outcomes are known");
        if store.audits() {
            let rows: Vec<_> = after.audit.iter().map(|row| &*row.command).collect();
            same!(rows, vec!["More", "Furnish"], "the audit trail, the latest first");
        }
        let reached = Some((self.events[1].position, self.events[1].id));
        same!(after.checkpoint.and_then(|checkpoint| checkpoint.at), reached, "where the checkpoint is");
        let letters: Vec<_> = after.letters.iter().map(|letter| letter.event_id).collect();
        same!(letters, vec![self.events[1].id], "the dead letters, after one was put aside and one taken back");
        Ok(())
    }
}

/// How long to wait for something that comes soon or never.
pub(super) const SOON: Duration = Duration::from_secs(5);
