//! The log of a broken store, as it is read.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{BrokenStore, Flaw, lock};
use crate::call::ids::MessageId;
use crate::message::stream::StreamId;
use crate::result::fault::Fault;
use crate::store::changes::NewEvent;
use crate::store::log::{Reading, StoredEvent};
use crate::store::position::Position;

/// Positions and versions that were given before the commit, by event.
#[derive(Default)]
pub(super) struct Numbers {
    next: AtomicU64,
    positions: Mutex<HashMap<MessageId, Position>>,
    versions: Mutex<HashMap<MessageId, u64>>,
}

impl BrokenStore {
    /// Gives events their positions, now.
    pub(super) fn number(&self, events: &[NewEvent]) {
        let numbers = &self.0.numbers;
        for event in events {
            let number = numbers.next.fetch_add(1, Ordering::SeqCst) + 1;
            lock(&numbers.positions).insert(event.id, Position::at(number));
        }
    }

    /// Gives events the versions that come next, now.
    pub(super) async fn count(&self, events: &[NewEvent]) -> Result<(), Fault> {
        let mut counted: HashMap<&StreamId, u64> = HashMap::new();
        for event in events {
            let Some(stream) = &event.stream else { continue };
            let version = match counted.get(stream) {
                Some(version) => *version,
                None => self.0.inner.read(Reading::stream(stream.clone(), 0, usize::MAX)).await?.len() as u64,
            };
            counted.insert(stream, version + 1);
            lock(&self.0.numbers.versions).insert(event.id, version + 1);
        }
        Ok(())
    }

    pub(super) async fn read_wrongly(&self, reading: Reading) -> Result<Vec<StoredEvent>, Fault> {
        let Reading { after, at, .. } = reading;
        if self.has(Flaw::SkipsAnEvent) && after.is_some() {
            // Goes on behind the event that comes next, where there are more.
            let mut page = self.0.inner.read(Reading { limit: reading.limit.saturating_add(1), ..reading }).await?;
            if page.len() > 5 {
                page.remove(0);
            }
            return Ok(page);
        }
        if !self.has(Flaw::NumbersBeforeTheCommit) && !self.has(Flaw::CountsVersionsBeforeTheCommit) {
            return self.0.inner.read(reading).await;
        }
        let all = Reading { after: None, at: None, limit: usize::MAX, ..reading.clone() };
        let mut events = self.0.inner.read(all).await?;
        for event in &mut events {
            if let Some(position) = lock(&self.0.numbers.positions).get(&event.id) {
                event.position = *position;
            }
            event.version = lock(&self.0.numbers.versions).get(&event.id).copied().or(event.version);
        }
        events.sort_by_key(|event| event.position);
        events.retain(|event| {
            after.is_none_or(|after| event.position > after) && at.is_none_or(|at| event.position == at)
        });
        events.truncate(reading.limit);
        Ok(events)
    }

    pub(super) async fn head_wrongly(&self) -> Result<Option<(Position, MessageId)>, Fault> {
        if self.has(Flaw::NumbersBeforeTheCommit) {
            let last = self.read_wrongly(Reading::after(None, usize::MAX)).await?.pop();
            return Ok(last.map(|event| (event.position, event.id)));
        }
        let Some((head, id)) = self.0.inner.head().await? else { return Ok(None) };
        if self.has(Flaw::TellsAnOldHead) {
            // What was last some time ago.
            let mut all = self.0.inner.read(Reading::after(None, usize::MAX)).await?;
            let old = all.len().saturating_sub(2);
            return Ok(all.drain(..).nth(old).map(|event| (head, event.id)));
        }
        Ok(Some((head, id)))
    }
}
