//! Payloads, names and times at the edges of what they can be.

use std::time::{Duration, SystemTime};

use crate::call::ids::MessageId;
use crate::pipeline::ledger::LedgerKey;
use crate::store::audit::{AuditEntry, AuditQuery};
use crate::store::changes::{Changes, DeadLetter, NewCommand, NewEvent, Postponed};
use crate::store::log::Reading;
use crate::store::{Claim, Start};
use crate::testing::conformance::report::{Outcome, Stop, same};
use crate::testing::conformance::samples::*;
use crate::testing::conformance::subject::Trial;

pub(super) async fn payloads_of_any_text_and_size_are_kept(trial: Trial) -> Outcome {
    let store = trial.store();
    let payloads = [
        ("empty", String::new()),
        ("null", "null".to_owned()),
        ("of other scripts", "\"żółw 亀 🐢 \u{202e}ltr\u{202c}\"".to_owned()),
        ("with what SQL would read", "\"'); DROP TABLE event; --\"".to_owned()),
        ("with a zero in it", "\"a\u{0}b\"".to_owned()),
        ("of a million characters", format!("\"{}\"", "ä".repeat(1_000_000))),
    ];
    for (n, (what, payload)) in payloads.into_iter().enumerate() {
        let bytes = payload.clone().into_bytes();
        let events = vec![NewEvent { payload: bytes.clone(), ..event(0) }];
        let commands = vec![NewCommand { payload: bytes.clone(), ..command(&n.to_string()) }];
        let outcome = Some(outcome_of(key(&n.to_string()), &payload)?);
        store.write(Changes { events, commands, outcome: outcome.clone(), ..changes() }).await?;
        let found = store.read(Reading::after(None, 100)).await?.into_iter().nth(n).map(|event| event.payload);
        let is = |found: Option<Vec<u8>>| found.as_ref() == Some(&bytes);
        same!(is(found), true, "whether the payload of an event is kept that is {what}");
        let found = store.due(now(), 100).await?.into_iter().nth(n).map(|queued| queued.command.payload);
        same!(is(found), true, "whether the payload of a command is kept that is {what}");
        let found = store.find(&key(&n.to_string()), now()).await?;
        same!(found == outcome, true, "whether an outcome is kept that is {what}");
    }
    Ok(())
}

pub(super) async fn names_of_any_text_are_kept_apart(trial: Trial) -> Outcome {
    let store = trial.store();
    let names = ["", "a", "A", "a ", "ä", "a\u{308}", "%", "_", "'", "\"", "\\", "🐢", "a\u{0}", "null"];
    for name in names {
        let events = vec![NewEvent { name: name.to_owned().into(), ..event_in(name, 1) }];
        let outcome = Some(outcome(LedgerKey { message: name.into(), ..key(name) })?);
        let row = AuditEntry { command: name.to_owned().into(), call: call_by(name, name, "tea"), ..row("") };
        store.write(Changes { events, commands: vec![command(name)], outcome, audit: vec![row], ..changes() }).await?;
        let claimed = store.claim(&Claim { subscription: name.into(), ..claim("", MessageId::new(), now()) }).await?;
        same!(
            claimed.map(|claimed| claimed.fence),
            Some(1),
            "the fence of a new subscription `{}`",
            name.escape_debug()
        );
    }
    for name in names {
        let told = name.escape_debug();
        let in_stream = store.read(Reading::stream(stream(name), 0, 100)).await?;
        same!(in_stream.len(), 1, "how many events the stream `{told}` has");
        same!(in_stream[0].name, name, "the name of the event in the stream `{told}`");
        let named = store.read(Reading::after(None, 100).named([name.to_owned()])).await?;
        same!(named.len(), 1, "how many events are named `{told}`");
        if store.audits() {
            for (what, query) in [
                ("of the command", AuditQuery::default().command(name)),
                ("by", AuditQuery::default().by(name)),
                ("for", AuditQuery::default().tenant(name)),
            ] {
                same!(
                    store.audited(query).await?.len(),
                    1,
                    "how many rows of the audit trail there are {what} `{told}`"
                );
            }
        }
    }
    same!(store.due(now(), 100).await?.len(), names.len(), "how many commands wait under keys that differ");
    Ok(())
}

/// Everything that has a time, at this one.
async fn all_at(trial: &Trial, time: SystemTime) -> Outcome {
    let store = trial.store();
    let row = AuditEntry { started_at: time, ..row("Then") };
    let changes = Changes {
        events: vec![event(1)],
        commands: vec![command_at("then", time), command_at("put off", time)],
        outcome: Some(outcome(key("then"))?),
        audit: vec![row],
        ..Changes::at(time)
    };
    let put_off = changes.commands[1].id;
    store.write(changes).await?;
    let events = log_of(&*store, 1).await?;
    let parked = vec![DeadLetter { parked_at: time, ..letter("then", &events[0], None) }];
    let postponed = vec![Postponed { id: put_off, not_before: time, attempts: 1, error: None, parked: false }];
    store.write(Changes { parked, postponed, ..Changes::at(time) }).await?;
    let claim = Claim { now: time, start: Start::Now, ..claim("then", MessageId::new(), time) };
    same!(
        store.claim(&claim).await?.is_some(),
        true,
        "whether a subscription is to be had that nobody has, at {time:?}"
    );
    let other = Claim { owner: MessageId::new(), ..claim };
    same!(
        store.claim(&other).await?.is_some(),
        false,
        "whether a subscription is to be had that somebody has, at {time:?}"
    );
    same!(store.due(time, 10).await?.len(), 2, "how many commands are due of those that are, at {time:?}");
    same!(store.next_due().await?.is_some(), true, "whether a command is due next, at {time:?}");
    same!(
        store.find(&key("then"), time).await?.is_some(),
        true,
        "whether an outcome is known that was just recorded, at {time:?}"
    );
    store.purge(time).await?;
    same!(store.find(&key("then"), time).await?.is_some(), true, "whether it is known after a purge, at {time:?}");
    if store.audits() {
        let rows = store.audited(AuditQuery::default().since(time)).await?;
        same!(rows.len(), 1, "how many rows of the audit trail are there, begun at {time:?} or later");
        same!(
            store.audited(AuditQuery::default().until(time)).await?.len(),
            0,
            "how many rows were begun before {time:?}"
        );
    }
    Ok(())
}

pub(super) async fn times_before_1970_are_kept(trial: Trial) -> Outcome {
    let before = SystemTime::UNIX_EPOCH.checked_sub(Duration::from_secs(86_400));
    let before = before.ok_or_else(|| Stop::Skipped("times of this machine begin in 1970".to_owned()))?;
    all_at(&trial, before).await?;
    let store = trial.store();
    let events = log_of(&*store, 1).await?;
    same!(events[0].recorded_at, before, "when an event was recorded, a day before 1970");
    same!(store.next_due().await?, Some(before), "when a command is due, a day before 1970");
    // The clock of a test often stands at its beginning.
    let keep = trial.keeps_outcomes();
    let start = SystemTime::UNIX_EPOCH;
    store.write(Changes { outcome: Some(outcome(key("start"))?), ..Changes::at(start) }).await?;
    let known = store.find(&key("start"), start).await?.is_some();
    same!(known, true, "whether an outcome is known that was recorded in the first moment of 1970, in that moment");
    same!(
        store.find(&key("start"), start + keep).await?,
        None,
        "an outcome that was recorded then, when it has expired"
    );
    Ok(())
}

pub(super) async fn times_far_ahead_do_no_harm(trial: Trial) -> Outcome {
    let years = |years: u64| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(years * 31_556_952));
    let far = years(100_000).ok_or_else(|| Stop::Skipped("times of this machine end before".to_owned()))?;
    all_at(&trial, far).await?;
    let store = trial.store();
    let events = log_of(&*store, 1).await?;
    same!(events[0].recorded_at, far, "when an event was recorded, a hundred thousand years ahead");
    // What no clock says is told somehow, and nothing panics.
    let Some(farthest) = years(290_000_000_000) else { return Ok(()) };
    let commands = vec![command_at("farthest", farthest)];
    store.write(Changes { commands, audit: vec![row("Farthest")], ..Changes::at(farthest) }).await?;
    let claim = Claim { lease: Duration::MAX, ..claim("farthest", MessageId::new(), farthest) };
    store.claim(&claim).await?;
    store.claim(&Claim { owner: MessageId::new(), now: now(), ..claim }).await?;
    same!(store.due(now(), 10).await?.len(), 0, "how many commands are due now that are due much later");
    same!(store.due(farthest, 10).await?.len(), 3, "how many commands are due at the end of time");
    store.find(&key("then"), farthest).await?;
    store.purge(farthest).await?;
    same!(store.head().await?.is_some(), true, "whether an event is in the log, at the end of time");
    Ok(())
}

pub(super) async fn what_is_empty_is_written(trial: Trial) -> Outcome {
    let store = trial.store();
    store.write(changes()).await?;
    same!(store.head().await?, None, "the head of a log to which nothing was added");
    let names: [&str; 0] = [];
    store.write(Changes { events: vec![event(1)], ..changes() }).await?;
    same!(store.read(Reading::after(None, 10).named(names)).await?.len(), 1, "how many events there are of any name");
    store.purge(now()).await?;
    store.release("nobody's", MessageId::new()).await?;
    same!(store.dead_letters("nobody's").await?, vec![], "the dead letters of a subscription that is not there");
    same!(store.describe().is_empty(), false, "whether the store has no name in the log");
    Ok(())
}
