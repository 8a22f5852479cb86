//! The event log: its order, and what is read of it.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;

use crate::result::fault::Fault;
use crate::store::Store;
use crate::store::changes::{Changes, NewEvent};
use crate::store::log::{Reading, StoredEvent};
use crate::testing::conformance::report::{Outcome, ensure, same};
use crate::testing::conformance::samples::*;
use crate::testing::conformance::subject::Trial;

pub(super) async fn an_event_is_read_as_it_was_written(trial: Trial) -> Outcome {
    let store = trial.store();
    same!(store.head().await?, None, "the head of an empty log");
    let event = event_in("cart-7", 1);
    store.write(Changes { events: vec![event.clone()], ..changes() }).await?;
    let all = log_of(&*store, 1).await?;
    let found = &all[0];
    same!(found.id, event.id, "the event's id");
    same!(found.stream, event.stream, "the event's stream");
    same!(found.version, Some(1), "the version of the first event of a stream");
    same!(found.name, event.name, "the event's name");
    same!(found.schema_version, event.schema_version, "the version of what the payload looks like");
    same!(found.payload, event.payload, "the event's payload");
    same!(found.call, event.call, "the call that raised the event");
    same!(found.recorded_at, now(), "when the event was recorded, by the clock of the bus");
    same!(store.head().await?, Some((found.position, event.id)), "the head of the log");
    Ok(())
}

pub(super) async fn what_is_asked_of_the_log_narrows_it(trial: Trial) -> Outcome {
    let store = trial.store();
    let named = |name: &'static str, event| NewEvent { name: name.into(), ..event };
    let events = vec![
        event_in("cart-1", 1),
        event_in("cart-2", 2),
        named("emptied", event_in("cart-1", 3)),
        event(4),
        named("emptied", event(5)),
    ];
    store.write(Changes { events, ..changes() }).await?;
    let all = log_of(&*store, 5).await?;
    same!(numbers(&all)?, vec![1, 2, 3, 4, 5], "the whole log, in its order");
    let third = all[2].position;
    let cases: [(&str, Reading, &[u64]); 10] = [
        ("behind a position", Reading::after(Some(third), 10), &[4, 5]),
        ("behind the last position", Reading::after(Some(all[4].position), 10), &[]),
        ("no more than two", Reading::after(None, 2), &[1, 2]),
        ("no more than none", Reading::after(None, 0), &[]),
        ("at a position", Reading::at(third), &[3]),
        ("of a stream", Reading::stream(stream("cart-1"), 0, 10), &[1, 3]),
        ("of a stream, behind a version", Reading::stream(stream("cart-1"), 1, 10), &[3]),
        ("of a stream that is not there", Reading::stream(stream("cart-3"), 0, 10), &[]),
        ("of a name", Reading::after(None, 10).named(["emptied"]), &[3, 5]),
        ("of two names, behind a position", Reading::after(Some(third), 10).named(["emptied", "counted"]), &[4, 5]),
    ];
    for (what, reading, expected) in cases {
        same!(numbers(&store.read(reading).await?)?, expected, "events {what}");
    }
    Ok(())
}

/// How many write at once, and how often each.
const WRITERS: u64 = 8;
const WRITES: u64 = 25;

/// Writes from many tasks at once: some one event, some many, in streams and in none. Counts them down to none.
fn write_from_many(store: &Arc<dyn Store>) -> (JoinSet<Result<(), Fault>>, Arc<AtomicUsize>) {
    let (mut tasks, left) = (JoinSet::new(), Arc::new(AtomicUsize::new(WRITERS as usize)));
    for writer in 0..WRITERS {
        let (store, left) = (store.clone(), left.clone());
        tasks.spawn(async move {
            for write in 0..WRITES {
                let events = match (writer, write % 3) {
                    // What takes longer to write is what is overtaken.
                    (0, _) => (0..20).map(event).collect(),
                    (_, 0) => vec![event(write)],
                    _ => vec![event_in(&format!("stream-{}", writer % 3), write), event(write)],
                };
                let written = store.write(Changes { events, ..changes() }).await;
                if written.is_err() {
                    left.fetch_sub(1, Ordering::SeqCst);
                    return written;
                }
            }
            left.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        });
    }
    (tasks, left)
}

async fn all_written(mut tasks: JoinSet<Result<(), Fault>>) -> Outcome {
    while let Some(written) = tasks.join_next().await {
        written??;
    }
    Ok(())
}

pub(super) async fn a_reader_misses_no_event(trial: Trial) -> Outcome {
    let store = trial.store();
    let (tasks, left) = write_from_many(&store);
    let mut read: Vec<StoredEvent> = Vec::new();
    loop {
        // Asked for before the page: an empty one is the end only if nobody wrote any more by then.
        let all_are_done = left.load(Ordering::SeqCst) == 0;
        let page = store.read(Reading::after(read.last().map(|event| event.position), 7)).await?;
        if page.is_empty() && all_are_done {
            break;
        }
        read.extend(page);
        tokio::task::yield_now().await;
    }
    all_written(tasks).await?;
    let all = store.read(Reading::after(None, usize::MAX)).await?;
    ensure!(
        all.is_sorted_by(|a, b| a.position < b.position),
        "positions of the log do not rise from one event to the next"
    );
    let seen: HashSet<_> = read.iter().map(|event| event.id).collect();
    let missed: Vec<_> = all.iter().filter(|event| !seen.contains(&event.id)).map(|event| event.position).collect();
    ensure!(
        missed.is_empty(),
        "a reader that went on from page to page has missed {} of {} events, the first of them at position {:?}: they were \
         committed after events of a higher position",
        missed.len(),
        all.len(),
        missed.first()
    );
    let (read, all): (Vec<_>, Vec<_>) =
        (read.iter().map(|event| event.id).collect(), all.iter().map(|event| event.id).collect());
    ensure!(read == all, "a reader that went on from page to page saw another order than the log has afterwards");
    Ok(())
}

pub(super) async fn whoever_has_read_to_the_head_has_seen_all_up_to_it(trial: Trial) -> Outcome {
    let store = trial.store();
    let (tasks, left) = write_from_many(&store);
    let mut looks = Vec::new();
    loop {
        let is_last = left.load(Ordering::SeqCst) == 0;
        if let Some((head, id)) = store.head().await? {
            let all = store.read(Reading::after(None, usize::MAX)).await?;
            let up_to: Vec<_> = all.into_iter().filter(|event| event.position <= head).map(|event| event.id).collect();
            same!(up_to.last(), Some(&id), "the event at the head of the log, {head}");
            looks.push((head, up_to));
        }
        if is_last || looks.len() == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    all_written(tasks).await?;
    let all = store.read(Reading::after(None, usize::MAX)).await?;
    for (head, seen) in looks {
        let up_to: Vec<_> = all.iter().filter(|event| event.position <= head).map(|event| event.id).collect();
        ensure!(
            seen == up_to,
            "while position {head} was the head of the log there were {} events up to it, and later there are {}",
            seen.len(),
            up_to.len()
        );
    }
    Ok(())
}

pub(super) async fn events_of_one_write_stand_together(trial: Trial) -> Outcome {
    let store = trial.store();
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        let store = store.clone();
        tasks.spawn(async move {
            let events = (0..10).map(|n| event(writer * 10 + n)).collect();
            store.write(Changes { events, ..changes() }).await
        });
    }
    all_written(tasks).await?;
    let all = numbers(&log_of(&*store, WRITERS as usize * 10).await?)?;
    for together in all.chunks(10) {
        let expected: Vec<_> = (together[0]..together[0] + 10).collect();
        same!(together, expected, "events of one write, in the order in which it has them");
    }
    Ok(())
}
