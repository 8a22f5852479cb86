//! What the checks write: one of each, all of it told apart by a number or a name.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::call::context::{Context, Options};
use crate::call::ids::MessageId;
use crate::call::principal::Principal;
use crate::message::stream::StreamId;
use crate::pipeline::ledger::{LedgerEntry, LedgerKey};
use crate::result::fault::{Fault, FaultKind};
use crate::store::audit::{AuditEntry, AuditOutcome};
use crate::store::changes::{Advance, Changes, DeadLetter, Expected, NewCommand, NewEvent};
use crate::store::log::{Reading, StoredEvent};
use crate::store::{Checkpoint, Claim, Start, Store};
use crate::testing::conformance::report::{Stop, ensure, same};

/// A time of the day, the same for every check.
pub(super) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_750_000_000)
}

pub(super) fn at(seconds: u64) -> SystemTime {
    now() + Duration::from_secs(seconds)
}

pub(super) fn changes() -> Changes {
    Changes::at(now())
}

pub(super) fn stream(name: &str) -> StreamId {
    StreamId::from(name)
}

/// A call that says all that a call can say.
pub(super) fn call() -> Context {
    call_by("ada", "London", "tea")
}

pub(super) fn call_by(actor: &str, tenant: &str, correlation: &str) -> Context {
    let options = Options {
        principal: Some(Principal::new(actor).with_scope("orders:write")),
        tenant: Some(tenant.into()),
        correlation: Some(correlation.into()),
        causation: Some(MessageId::new()),
        idempotency_key: Some("once".into()),
        metadata: [("said".to_owned(), "„ünïcödé“".to_owned())].into(),
        ..Options::default()
    };
    Context::of_call(Some(options), None)
}

/// An event that says a number.
pub(super) fn event(number: u64) -> NewEvent {
    NewEvent {
        id: MessageId::new(),
        stream: None,
        name: Cow::Borrowed("counted"),
        schema_version: 1,
        payload: number.to_string().into_bytes(),
        call: call(),
    }
}

pub(super) fn event_in(name: &str, number: u64) -> NewEvent {
    NewEvent { stream: Some(stream(name)), ..event(number) }
}

/// The log of a store in which there are so many events.
pub(super) async fn log_of(store: &dyn Store, count: usize) -> Result<Vec<StoredEvent>, Stop> {
    let all = store.read(Reading::after(None, usize::MAX)).await?;
    same!(all.len(), count, "how many events the log has");
    Ok(all)
}

/// The number that an event says.
pub(super) fn number(event: &StoredEvent) -> Result<u64, Stop> {
    Ok(std::str::from_utf8(&event.payload)?.parse()?)
}

pub(super) fn numbers(events: &[StoredEvent]) -> Result<Vec<u64>, Stop> {
    events.iter().map(number).collect()
}

pub(super) fn expected(name: &str, version: u64) -> Expected {
    Expected { stream: stream(name), version }
}

/// A command that is due at once, under this key.
pub(super) fn command(key: &str) -> NewCommand {
    NewCommand {
        id: MessageId::new(),
        name: Cow::Borrowed("count"),
        payload: b"{\"by\":1}".to_vec(),
        key: key.into(),
        not_before: now(),
        call: call(),
    }
}

pub(super) fn command_at(key: &str, not_before: SystemTime) -> NewCommand {
    NewCommand { not_before, ..command(key) }
}

/// The key of somebody's own choice.
pub(super) fn key(key: &str) -> LedgerKey {
    LedgerKey {
        tenant: Some("London".into()),
        principal: Some("ada".into()),
        is_system: false,
        message: "count".into(),
        key: key.into(),
    }
}

/// The key of a command that follows from an event.
pub(super) fn derived_key(subscription: &str, event: MessageId) -> LedgerKey {
    LedgerKey {
        principal: Some(subscription.into()),
        is_system: true,
        ..key(&format!("{subscription}/{event}/count/0"))
    }
}

pub(super) fn outcome(key: LedgerKey) -> Result<LedgerEntry, Stop> {
    outcome_of(key, "{\"Ok\":1}")
}

pub(super) fn outcome_of(key: LedgerKey, outcome: &str) -> Result<LedgerEntry, Stop> {
    Ok(LedgerEntry { key, fingerprint: "7a".repeat(32).parse()?, outcome: outcome.into() })
}

pub(super) fn row(command: &'static str) -> AuditEntry {
    AuditEntry {
        command: Cow::Borrowed(command),
        call: call(),
        outcome: AuditOutcome::Succeeded,
        started_at: now(),
        duration: Duration::from_micros(1_500),
        events: None,
    }
}

pub(super) fn letter(subscription: &str, event: &StoredEvent, error: Option<&str>) -> DeadLetter {
    DeadLetter {
        subscription: subscription.into(),
        position: event.position,
        event_id: event.id,
        name: event.name.clone(),
        stream: event.stream.clone(),
        error: error.map(str::to_owned),
        attempts: 5,
        parked_at: now(),
        replay: false,
    }
}

pub(super) fn claim(subscription: &str, owner: MessageId, now: SystemTime) -> Claim {
    let subscription = subscription.into();
    Claim { subscription, owner, now, lease: Duration::from_secs(10), start: Start::Beginning }
}

/// The step of a subscription from its checkpoint to an event.
pub(super) fn step(subscription: &str, checkpoint: &Checkpoint, event: &StoredEvent) -> Advance {
    Advance {
        subscription: subscription.into(),
        fence: checkpoint.fence,
        from: checkpoint.position(),
        to: event.position,
        event_id: event.id,
    }
}

pub(super) fn unparked(subscription: &str, event: &StoredEvent) -> Vec<(Arc<str>, MessageId)> {
    vec![(subscription.into(), event.id)]
}

/// Whether something was refused since somebody else was first, and nothing happened.
pub(super) fn is_conflict(written: Result<(), Fault>, what: &str) -> Result<(), Stop> {
    let Err(fault) = written else {
        return Err(Stop::Failed(format!("{what} is no conflict: it was written")));
    };
    same!(fault.kind(), FaultKind::Conflict, "{what} is no conflict, but {fault}");
    ensure!(fault.effect() == crate::Effect::Nothing, "{what} is a conflict whose effect is unknown: {fault}");
    Ok(())
}
