//! All that a store is asked, and what the oracle says to that.

use cqrs_core::store::{Position, Reading};
use cqrs_core::{AuditQuery, Fault, Store, StoredEvent, StreamId};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::{Event, Oracle, Queued, STREAMS, SUBSCRIPTIONS, time};

pub(crate) fn failed(fault: Fault) -> TestCaseError {
    TestCaseError::fail(format!("the store failed: {fault:?}"))
}

/// Asks the store all there is to ask, and the oracle too.
pub(crate) async fn compare(store: &dyn Store, oracle: &mut Oracle) -> Result<(), TestCaseError> {
    log(store, oracle).await?;
    outbox(store, oracle).await?;
    for key in &oracle.keys {
        let found = store.find(key, time(oracle.now)).await.map_err(failed)?.map(|entry| entry.outcome.to_string());
        prop_assert_eq!(found, oracle.outcome(key).map(|outcome| outcome.text.clone()), "the outcome under {:?}", key);
    }
    subscriptions(store, oracle).await?;
    audit(store, oracle).await
}

/// An event as both tell it.
fn told(event: &StoredEvent) -> (String, Option<String>, Option<u64>, std::time::SystemTime) {
    let stream = event.stream.as_ref().map(ToString::to_string);
    (event.id.to_string(), stream, event.version, event.recorded_at)
}

fn said(event: &Event) -> (String, Option<String>, Option<u64>, std::time::SystemTime) {
    (event.id.to_string(), event.stream.map(str::to_owned), event.version, time(event.at))
}

async fn log(store: &dyn Store, oracle: &mut Oracle) -> Result<(), TestCaseError> {
    let all = store.read(Reading::after(None, usize::MAX)).await.map_err(failed)?;
    prop_assert!(all.is_sorted_by(|a, b| a.position < b.position), "positions do not rise");
    prop_assert_eq!(all.len(), oracle.events.len(), "how many events the log has");
    for (found, event) in all.iter().zip(&mut oracle.events) {
        prop_assert_eq!(told(found), said(event));
        prop_assert_eq!(*event.position.get_or_insert(found.position), found.position, "an event has moved");
        prop_assert_eq!(&found.payload, &found.id.to_string().into_bytes(), "the payload");
    }
    let head = store.head().await.map_err(failed)?;
    prop_assert_eq!(head, all.last().map(|event| (event.position, event.id)));
    // Another page each time.
    let n = oracle.sent.len() + oracle.events.len();
    let after = all.get(n * 7 % (all.len() + 1)).map(|event| event.position);
    let is_in = |event: &&StoredEvent| after.is_none_or(|after| event.position > after);
    let page = store.read(Reading::after(after, n % 5)).await.map_err(failed)?;
    let expected: Vec<_> = all.iter().filter(is_in).take(n % 5).cloned().collect();
    prop_assert_eq!(page, expected, "a page behind {:?}", after);
    let names = ["cart-1", "none"];
    let page = store.read(Reading::after(after, 10).named(names)).await.map_err(failed)?;
    let named = all.iter().filter(is_in).filter(|event| names.contains(&&*event.name));
    prop_assert_eq!(page, named.take(10).cloned().collect::<Vec<_>>(), "those of two names behind {:?}", after);
    for name in STREAMS {
        let behind = n as u64 % 3;
        let found = store.read(Reading::stream(StreamId::from(name), behind, 10)).await.map_err(failed)?;
        let said = |event: &&Event| event.stream == Some(name) && event.version > Some(behind);
        let expected: Vec<_> = oracle.events.iter().filter(said).take(10).map(self::said).collect();
        prop_assert_eq!(found.iter().map(told).collect::<Vec<_>>(), expected, "the stream {}", name);
    }
    Ok(())
}

async fn outbox(store: &dyn Store, oracle: &Oracle) -> Result<(), TestCaseError> {
    let told = |found: Vec<cqrs_core::QueuedCommand>| -> Vec<_> {
        let told = |queued: &cqrs_core::QueuedCommand| {
            let command = &queued.command;
            (command.id, command.key.to_string(), command.not_before, queued.attempts, queued.parked)
        };
        found.iter().map(told).collect()
    };
    let said = |queued: &Queued| (queued.id, queued.key.clone(), time(queued.due), queued.attempts, queued.parked);
    let mut waiting: Vec<_> = oracle.queue.iter().filter(|queued| !queued.parked).cloned().collect();
    waiting.sort_by_key(|queued| queued.due);
    let expected: Vec<_> = waiting.iter().filter(|queued| queued.due <= oracle.now).map(said).collect();
    let found = store.due(time(oracle.now), usize::MAX).await.map_err(failed)?;
    prop_assert_eq!(told(found), expected.clone(), "what is due");
    let found = store.due(time(oracle.now), 2).await.map_err(failed)?;
    prop_assert_eq!(told(found), &expected[..expected.len().min(2)], "the first two of what is due");
    let next = store.next_due().await.map_err(failed)?;
    prop_assert_eq!(next, waiting.first().map(|queued| time(queued.due)), "when the next one is due");
    let parked: Vec<_> = oracle.queue.iter().filter(|queued| queued.parked).map(said).collect();
    prop_assert_eq!(told(store.parked_commands().await.map_err(failed)?), parked, "what is parked");
    Ok(())
}

async fn subscriptions(store: &dyn Store, oracle: &Oracle) -> Result<(), TestCaseError> {
    for name in SUBSCRIPTIONS {
        let found = store.checkpoint(name).await.map_err(failed)?.map(|kept| (kept.at.map(|(_, id)| id), kept.fence));
        let said = oracle.subscription(name).map(|kept| (kept.at.map(|event| oracle.events[event].id), kept.fence));
        prop_assert_eq!(found, said, "the checkpoint of {}", name);
        let letters = store.dead_letters(name).await.map_err(failed)?;
        let told = letters.iter().map(|letter| (letter.event_id, letter.attempts, letter.replay));
        let mut said: Vec<_> = oracle.letters.iter().filter(|letter| letter.subscription == name).collect();
        said.sort_by_key(|letter| letter.event);
        let said = said.iter().map(|letter| (oracle.events[letter.event].id, letter.attempts, letter.replay));
        prop_assert_eq!(told.collect::<Vec<_>>(), said.collect::<Vec<_>>(), "the dead letters of {}", name);
    }
    Ok(())
}

async fn audit(store: &dyn Store, oracle: &Oracle) -> Result<(), TestCaseError> {
    let place = |event: usize| oracle.events[event].position.unwrap_or(Position::at(0));
    let found = store.audited(AuditQuery::default().limit(usize::MAX)).await.map_err(failed)?;
    let mut found = found.iter().map(|row| (row.call.message_id(), row.started_at, row.events)).peekable();
    for row in oracle.audit.iter().rev() {
        let said = (row.id, time(row.started), row.events.map(|(first, last)| (place(first), place(last))));
        if row.may_be_gone && found.peek() != Some(&said) {
            continue;
        }
        prop_assert_eq!(found.next(), Some(said), "a row of the audit trail");
    }
    prop_assert_eq!(found.next(), None, "one row too many in the audit trail");
    let since = time(oracle.now - 10);
    let latest = store.audited(AuditQuery::default().since(since).limit(3)).await.map_err(failed)?;
    prop_assert!(latest.len() <= 3 && latest.iter().all(|row| row.started_at >= since), "the latest rows");
    Ok(())
}
