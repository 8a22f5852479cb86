//! Outcomes of idempotent commands.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::call::ids::MessageId;
use crate::pipeline::ledger::LedgerKey;
use crate::result::fault::FaultKind;
use crate::store::changes::{Advance, Changes};
use crate::store::log::Reading;
use crate::testing::conformance::everything::Furnished;
use crate::testing::conformance::report::{Outcome, Stop, same};
use crate::testing::conformance::samples::*;
use crate::testing::conformance::subject::Trial;

pub(super) async fn an_outcome_is_found_under_its_key_alone(trial: Trial) -> Outcome {
    let store = trial.store();
    same!(store.find(&key("k"), now()).await?, None, "the outcome under a key that was never used");
    let entry = outcome_of(key("k"), "{\"Err\":{\"why\":\"„nein“\"}}")?;
    store.write(Changes { outcome: Some(entry.clone()), ..changes() }).await?;
    same!(store.find(&key("k"), now()).await?, Some(entry), "the outcome under its key");
    let others = [
        ("tenant", LedgerKey { tenant: Some("Paris".into()), ..key("k") }),
        ("tenant, which is none", LedgerKey { tenant: None, ..key("k") }),
        ("tenant, which is empty", LedgerKey { tenant: Some("".into()), ..key("k") }),
        ("principal", LedgerKey { principal: Some("bob".into()), ..key("k") }),
        ("principal, which is none", LedgerKey { principal: None, ..key("k") }),
        ("principal, which is the system", LedgerKey { is_system: true, ..key("k") }),
        ("message", LedgerKey { message: "recount".into(), ..key("k") }),
        ("key", LedgerKey { key: "K".into(), ..key("k") }),
    ];
    for (n, (what, other)) in others.into_iter().enumerate() {
        same!(store.find(&other, now()).await?, None, "the outcome under a key of another {what}");
        let entry = outcome_of(other.clone(), &format!("{{\"Ok\":{n}}}"))?;
        store.write(Changes { outcome: Some(entry.clone()), ..changes() }).await?;
        same!(
            store.find(&other, now()).await?,
            Some(entry),
            "the outcome under a key of another {what}, once it is there"
        );
    }
    Ok(())
}

pub(super) async fn a_second_outcome_leaves_nothing(trial: Trial) -> Outcome {
    let there = Furnished::of(trial.store()).await?;
    let wrong = Changes { outcome: Some(outcome_of(key("first"), "{\"Ok\":2}")?), ..there.more()? };
    there.refuses(wrong, "a second outcome under a key").await?;
    let found = there.store.find(&key("first"), now()).await?;
    same!(found, Some(outcome(key("first"))?), "the outcome under a key, after a second one was refused");
    // And when many come at once, each with an event of its own.
    let mut tasks = JoinSet::new();
    for n in 0..8 {
        let (store, entry) = (there.store.clone(), outcome(key("third"))?);
        let changes = Changes { outcome: Some(entry), events: vec![event_in("once", n)], ..changes() };
        tasks.spawn(async move { store.write(changes).await });
    }
    let mut recorded = 0;
    while let Some(written) = tasks.join_next().await {
        match written? {
            Ok(()) => recorded += 1,
            Err(fault) if fault.kind() == FaultKind::Conflict => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    same!(recorded, 1, "how many of 8 calls under one key were written");
    let events = there.store.read(Reading::stream(stream("once"), 0, 10)).await?;
    same!(events.len(), 1, "how many events 8 calls under one key have left");
    Ok(())
}

pub(super) async fn an_outcome_expires_and_can_be_recorded_anew(trial: Trial) -> Outcome {
    let (store, keep) = (trial.store(), trial.keeps_outcomes());
    let recording = |at| Ok::<_, Stop>(Changes { outcome: Some(outcome(key("k"))?), ..Changes::at(at) });
    store.write(recording(now())?).await?;
    let just = now() + keep - Duration::from_secs(1);
    store.purge(just).await?;
    same!(store.find(&key("k"), just).await?.is_some(), true, "whether an outcome is known a second before it expires");
    is_conflict(store.write(recording(just)?).await, "an outcome under a key whose outcome expires in a second")?;
    let over = now() + keep;
    same!(store.find(&key("k"), over).await?, None, "an outcome that has expired, before anybody purged it");
    store.write(recording(over)?).await?;
    same!(store.find(&key("k"), over).await?.is_some(), true, "whether an outcome is known that was recorded anew");
    // The first one's time is over, and not the second one's.
    store.purge(over + Duration::from_secs(1)).await?;
    same!(
        store.find(&key("k"), over).await?.is_some(),
        true,
        "whether an outcome is known that was recorded anew, after a purge"
    );
    store.purge(over + keep).await?;
    same!(
        store.find(&key("k"), over).await?,
        None,
        "an outcome that was purged, asked for at a time at which it had not expired"
    );
    Ok(())
}

pub(super) async fn what_follows_from_an_event_is_known_while_that_can_be_delivered(trial: Trial) -> Outcome {
    const NAME: &str = "billing";
    let (store, keep) = (trial.store(), trial.keeps_outcomes());
    store.write(Changes { events: vec![event(1), event(2), event(3)], ..changes() }).await?;
    let events = log_of(&*store, 3).await?;
    let claimed = store.claim(&claim(NAME, MessageId::new(), now())).await?;
    let claimed = claimed.ok_or_else(|| Stop::Failed("nobody has the subscription, and it was not had".into()))?;
    for event in &events {
        let outcome = Some(outcome(derived_key(NAME, event.id))?);
        store.write(Changes { outcome, ..changes() }).await?;
    }
    // The first event is handled, the second one is a dead letter, the third one is still to come.
    let first = step(NAME, &claimed, &events[0]);
    let second = Advance { from: Some(first.to), to: events[1].position, event_id: events[1].id, ..first.clone() };
    store.write(Changes { checkpoint: Some(first), ..changes() }).await?;
    let parked = vec![letter(NAME, &events[1], Some("no"))];
    store.write(Changes { checkpoint: Some(second), parked, ..changes() }).await?;

    let late = now() + keep * 2;
    let known = async || {
        let mut known = Vec::new();
        for event in &events {
            known.push(store.find(&derived_key(NAME, event.id), late).await?.is_some());
        }
        Ok::<_, Stop>(known)
    };
    store.purge(late).await?;
    same!(
        known().await?,
        vec![false, true, true],
        "which outcomes are known long after, of what follows from an event that is handled, a dead letter, and one to come"
    );
    let again = Changes { outcome: Some(outcome(derived_key(NAME, events[2].id))?), ..Changes::at(late) };
    is_conflict(store.write(again).await, "a second outcome of what follows from an event that is still to come")?;
    store.write(Changes { unparked: unparked(NAME, &events[1]), ..changes() }).await?;
    store.purge(late).await?;
    same!(known().await?, vec![false, false, true], "the same, when the dead letter was taken back");
    let last = Advance {
        subscription: NAME.into(),
        fence: claimed.fence,
        from: Some(events[1].position),
        to: events[2].position,
        event_id: events[2].id,
    };
    store.write(Changes { checkpoint: Some(last), ..changes() }).await?;
    store.purge(late).await?;
    same!(known().await?, vec![false, false, false], "the same, when every event is handled");
    Ok(())
}
