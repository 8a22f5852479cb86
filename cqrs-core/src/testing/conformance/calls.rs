//! Calls of a bus on the store: what they leave, and when they answer.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::bus::Bus;
use crate::call::principal::Principal;
use crate::pipeline::ledger::LedgerKey;
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::FaultKind;
use crate::store::Store;
use crate::store::audit::{AuditOutcome, AuditQuery};
use crate::store::log::{Reading, StoredEvent};
use crate::testing::conformance::broken::{BrokenStore, Gate};
use crate::testing::conformance::everything::SOON;
use crate::testing::conformance::messages::{Append, Followed, Meet, Order, Ordered, Refused, Ship, answered};
use crate::testing::conformance::report::{Outcome, Stop, ensure, same};
use crate::testing::conformance::samples::stream;
use crate::testing::conformance::subject::{Trial, stop};

const ORDER: Order = Order { order: 7, refuse: false };
const REFUSED: Order = Order { order: 7, refuse: true };

async fn log(store: &dyn Store) -> Result<Vec<StoredEvent>, Stop> {
    Ok(store.read(Reading::after(None, usize::MAX)).await?)
}

async fn sent(store: &dyn Store) -> Result<usize, Stop> {
    Ok(store.due(SystemTime::now(), usize::MAX).await?.len())
}

/// The key of an [`Order`] from ada.
fn key_of_order(key: &str) -> LedgerKey {
    LedgerKey {
        tenant: None,
        principal: Some("ada".into()),
        is_system: false,
        message: "Order".into(),
        key: key.into(),
    }
}

pub(super) async fn an_answer_comes_after_its_commit(trial: Trial) -> Outcome {
    let (store, gate) = (trial.store(), Gate::closed());
    // The same store, whose commits wait at a gate.
    let bus = Bus::builder().store(BrokenStore::gated(store.clone(), gate.clone())).build();
    // A rejection waits too: what it says may rest on what is not committed yet.
    for (order, key, left) in [(REFUSED, "k", 0), (ORDER, "l", 1)] {
        let calling = {
            let bus = bus.clone();
            tokio::spawn(async move { bus.execute(order).by(Principal::new("ada")).idempotency_key(key).await })
        };
        let waits = timeout(SOON, gate.reached()).await;
        ensure!(waits.is_ok(), "a call has something to commit, and did not come to its commit");
        tokio::time::sleep(Duration::from_millis(10)).await;
        ensure!(!calling.is_finished(), "a call has answered before its commit");
        same!(log(&*store).await?.len(), 0, "how many events are in the log before the commit");
        gate.open();
        same!(timeout(SOON, calling).await??.is_ok(), left == 1, "whether the call has succeeded after its commit");
        same!(log(&*store).await?.len(), left, "how many events are in the log after the commit");
        let known = store.find(&key_of_order(key), SystemTime::now()).await?.is_some();
        same!(known, true, "whether the outcome of the call is known after the commit");
    }
    stop(bus).await;
    Ok(())
}

pub(super) async fn what_was_answered_is_in_the_store(trial: Trial) -> Outcome {
    // Asked of another process, where there can be one: it knows only what was committed.
    let asked = match trial.beside().await {
        Ok(beside) => beside.store(),
        Err(_) => trial.store(),
    };
    let bus = trial.builder().build();
    for n in 1..=30 {
        let key = n.to_string();
        let answer = bus.execute(Order { order: n, ..ORDER }).by(Principal::new("ada")).idempotency_key(&*key).await;
        same!(answered(answer)?, n + 1, "what the command answers");
        same!(log(&*asked).await?.len() as u32, n, "how many events are in the log when {n} calls were answered");
        same!(sent(&*asked).await? as u32, n, "how many commands are in the outbox when {n} calls were answered");
        let found = asked.find(&key_of_order(&key), SystemTime::now()).await?;
        same!(found.is_some(), true, "whether the outcome of a call is known that was answered");
        if asked.audits() {
            let rows = asked.audited(AuditQuery::default().command("Order")).await?;
            same!(rows.len() as u32, n, "how many rows the audit trail has when {n} calls were answered");
        }
    }
    // A publication too.
    bus.publish(Ordered { order: 99 }).await?;
    let last = log(&*asked).await?.pop();
    let last = last.map(|event| event.decode::<Ordered>()).transpose()?.flatten();
    same!(last, Some(Ordered { order: 99 }), "the last event, when a publication was answered");
    stop(bus).await;
    Ok(())
}

pub(super) async fn a_rejection_leaves_its_outcome_and_its_row_alone(trial: Trial) -> Outcome {
    let (store, bus) = (trial.store(), trial.builder().build());
    for (nth, key) in [(1, "k"), (2, "l")] {
        let answer = bus.execute(REFUSED).by(Principal::new("ada")).idempotency_key(key).await;
        let refused = matches!(&answer, Err(DispatchError::Rejected(Refused)));
        ensure!(refused, "a handler said no, and the call came to {answer:?}");
        same!(log(&*store).await?.len(), 0, "how many events rejected calls have left");
        same!(sent(&*store).await?, 0, "how many commands rejected calls have left");
        let found = store.find(&key_of_order(key), SystemTime::now()).await?;
        same!(found.is_some(), true, "whether the outcome of a rejected call is known");
        if store.audits() {
            let rows = store.audited(AuditQuery::default()).await?;
            same!(rows.len(), nth, "how many rows of the audit trail {nth} rejected calls have left");
            same!((&rows[0].outcome, rows[0].events), (&AuditOutcome::Rejected, None), "the row of a rejected call");
        }
    }
    // Without a key there is a row alone.
    let answer = bus.execute(REFUSED).await;
    ensure!(
        matches!(answer, Err(DispatchError::Rejected(Refused))),
        "a handler said no, and the call came to {answer:?}"
    );
    same!(log(&*store).await?.len() + sent(&*store).await?, 0, "what a rejected call without a key has left");
    stop(bus).await;
    Ok(())
}

pub(super) async fn a_call_that_was_answered_is_answered_the_same(trial: Trial) -> Outcome {
    let (store, first, second) = (trial.store(), trial.builder().build(), trial.builder().build());
    // Two buses on one store know nothing of each other's calls.
    let mut tasks = JoinSet::new();
    for n in 0..8 {
        let bus = if n % 2 == 0 { first.clone() } else { second.clone() };
        tasks.spawn(async move { bus.execute(ORDER).by(Principal::new("ada")).idempotency_key("k").await });
    }
    while let Some(answer) = tasks.join_next().await {
        same!(answered(answer?)?, 8, "what one of 8 calls under one key answers");
    }
    same!(log(&*store).await?.len(), 1, "how many events 8 calls under one key have left");
    same!(sent(&*store).await?, 1, "how many commands 8 calls under one key have sent");
    let other = Order { order: 8, ..ORDER };
    let answer = first.execute(other).by(Principal::new("ada")).idempotency_key("k").await;
    let kind = answer.as_ref().err().and_then(|error| error.fault()).map(|fault| fault.kind());
    same!(kind, Some(FaultKind::KeyReused), "the fault of another payload under a key that was used");
    stop(first).await;
    stop(second).await;
    Ok(())
}

pub(super) async fn a_wrong_version_is_a_conflict_of_the_call(trial: Trial) -> Outcome {
    let (store, bus) = (trial.store(), trial.builder().build());
    for expected in 0..5 {
        let mut tasks = JoinSet::new();
        for _ in 0..6 {
            let bus = bus.clone();
            tasks.spawn(async move { bus.execute(Append { order: 7, expected }).await });
        }
        let mut won = 0;
        while let Some(answer) = tasks.join_next().await {
            match answer? {
                Ok(()) => won += 1,
                Err(error) => {
                    let kind = error.fault().map(|fault| fault.kind());
                    same!(kind, Some(FaultKind::Conflict), "the fault of a call that was not first");
                }
            }
        }
        same!(won, 1, "how many of 6 calls have won that expect the version {expected}");
        let versions = store.read(Reading::stream(stream("order-7"), 0, 100)).await?.len() as u64;
        same!(versions, expected + 1, "how many events the stream has then");
    }
    if store.audits() {
        let rows = store.audited(AuditQuery::default().command("Append")).await?;
        let succeeded = rows.iter().filter(|row| row.outcome == AuditOutcome::Succeeded).count();
        same!(succeeded, 5, "how many rows of the audit trail say that a call succeeded");
    }
    stop(bus).await;
    Ok(())
}

pub(super) async fn two_units_are_open_at_once(trial: Trial) -> Outcome {
    let (store, bus) = (trial.store(), trial.builder().provide(Barrier::new(2)).build());
    let (one, other) = (bus.clone(), bus.clone());
    let one = tokio::spawn(async move { one.execute(Meet { order: 1 }).await });
    let other = tokio::spawn(async move { other.execute(Meet { order: 2 }).await });
    let met = timeout(SOON, async { (one.await, other.await) }).await;
    let Ok((one, other)) = met else {
        return Err(Stop::Failed("two calls whose units of work are open wait for each other".to_owned()));
    };
    answered(one?)?;
    answered(other?)?;
    let events = log(&*store).await?;
    let mut streams: Vec<_> = events.iter().filter_map(|event| event.stream.clone()).collect();
    streams.sort();
    same!(streams, vec![stream("order-1"), stream("order-2")], "the streams of what two calls at once have left");
    stop(bus).await;
    Ok(())
}

pub(super) async fn a_command_of_the_outbox_is_carried_out_once(trial: Trial) -> Outcome {
    let store: Arc<dyn Store> = trial.store();
    let first = trial.builder().message::<Ship>().build();
    let second = trial.builder().message::<Ship>().build();
    for n in 1..=10 {
        answered(first.execute(Order { order: n, ..ORDER }).await)?;
    }
    first.subscribers().start(&first).await?;
    second.subscribers().start(&second).await?;
    timeout(SOON * 2, first.settled())
        .await
        .map_err(|_| Stop::Failed("the outbox does not become empty".to_owned()))?;
    stop(first).await;
    stop(second).await;
    let followed = log(&*store).await?.iter().map(|event| event.decode::<Followed>()).collect::<Result<Vec<_>, _>>()?;
    let mut followed: Vec<_> = followed.into_iter().flatten().map(|followed| followed.order).collect();
    followed.sort_unstable();
    same!(followed, (1..=10).collect::<Vec<_>>(), "what ten commands of the outbox have left, each once");
    same!(store.next_due().await?, None, "when the next command of the outbox is due, after all were carried out");
    if store.audits() {
        let rows = store.audited(AuditQuery::default().command("conformance.ship")).await?;
        same!(rows.len(), 10, "how many rows of the audit trail ten commands of the outbox have left");
    }
    Ok(())
}
