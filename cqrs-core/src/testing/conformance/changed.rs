//! How a store tells of writes.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::call::ids::MessageId;
use crate::store::Store;
use crate::store::changes::{Changes, Postponed};
use crate::testing::conformance::everything::{Everything, Furnished, READER, SOON};
use crate::testing::conformance::report::{Outcome, Stop, ensure};
use crate::testing::conformance::samples::*;
use crate::testing::conformance::subject::Trial;

/// Whoever waits for no more than this long has nothing to wait for.
const QUIET: Duration = Duration::from_millis(60);

/// What to ask with, when nothing is new any more.
async fn quiet(store: &dyn Store) -> Result<u64, Stop> {
    let mut seen = 0;
    for _ in 0..100 {
        match timeout(QUIET, store.changed(seen)).await {
            Ok(now) => seen = now,
            Err(_) => return Ok(seen),
        }
    }
    Err(Stop::Failed("whoever waits for a change is woken again and again, and nobody writes".to_owned()))
}

async fn woken(store: &dyn Store, seen: u64, what: &str) -> Result<u64, Stop> {
    let woken = timeout(SOON, store.changed(seen)).await;
    woken.map_err(|_| Stop::Failed(format!("{what}, and who waits for changes is not woken within {SOON:?}")))
}

pub(super) async fn every_write_wakes_who_waits(trial: Trial) -> Outcome {
    let there = Furnished::of(trial.store()).await?;
    let store = there.store.clone();
    let [settled, postponed] = there.queued;
    let put_off = Postponed { id: postponed, not_before: at(1), attempts: 1, error: None, parked: false };
    let writes = [
        ("an event was appended", Changes { events: vec![event(1)], ..changes() }),
        ("a command was sent", Changes { commands: vec![command("k")], ..changes() }),
        ("a command was settled", Changes { settled: Some(settled), ..changes() }),
        ("a command was put off", Changes { postponed: vec![put_off], ..changes() }),
        ("a dead letter was put aside", Changes { parked: vec![letter(READER, &there.events[1], None)], ..changes() }),
        ("a dead letter was taken back", Changes { unparked: unparked(READER, &there.events[1]), ..changes() }),
    ];
    for (what, changes) in writes {
        let (before, mut seen) = (Everything::of(&*store).await?, quiet(&*store).await?);
        let waiting: tokio::task::JoinHandle<Result<(), Stop>> = {
            let (store, what): (Arc<dyn Store>, _) = (store.clone(), what.to_owned());
            tokio::spawn(async move {
                // It may answer for nothing, and then there is nothing new.
                while Everything::of(&*store).await? == before {
                    seen = woken(&*store, seen, &what).await?;
                }
                Ok(())
            })
        };
        tokio::time::sleep(Duration::from_millis(5)).await;
        ensure!(!waiting.is_finished(), "whoever waits for a change sees one before {what}");
        store.write(changes).await?;
        waiting.await??;
    }
    Ok(())
}

pub(super) async fn a_write_of_another_process_wakes_who_waits(trial: Trial) -> Outcome {
    let (store, beside) = (trial.store(), trial.beside().await?.store());
    for n in 0..3 {
        let seen = quiet(&*store).await?;
        beside.write(Changes { events: vec![event(n)], ..changes() }).await?;
        woken(&*store, seen, "another process has appended an event").await?;
        let other = quiet(&*beside).await?;
        store.write(Changes { commands: vec![command(&n.to_string())], ..changes() }).await?;
        woken(&*beside, other, "this process has sent a command").await?;
    }
    Ok(())
}

pub(super) async fn a_write_that_was_made_meanwhile_is_not_waited_for(trial: Trial) -> Outcome {
    let store = trial.store();
    // Who has seen nothing asks with 0, whatever was written before.
    store.write(Changes { events: vec![event(1)], ..changes() }).await?;
    woken(&*store, 0, "an event was appended before anybody waited for the first time").await?;
    for n in 0..50 {
        let seen = match timeout(Duration::from_millis(1), store.changed(0)).await {
            Ok(seen) => seen,
            Err(_) => return Err(Stop::Failed("whoever has seen nothing waits, and something was written".to_owned())),
        };
        store.write(Changes { events: vec![event(n)], ..changes() }).await?;
        woken(&*store, seen, "an event was appended between looking and waiting").await?;
    }
    let claimed = store.claim(&claim("mail", MessageId::new(), now())).await?;
    ensure!(claimed.is_some(), "nobody has the subscription, and it was not to be had");
    Ok(())
}
