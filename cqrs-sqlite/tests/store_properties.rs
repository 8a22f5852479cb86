//! Whatever is done to a store, in whatever order, it says what an oracle says that is too simple to be wrong.

mod oracle;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cqrs_core::store::{
    Advance, Changes, Claim, DeadLetter, Expected, NewCommand, NewEvent, Position, Postponed, Start,
};
use cqrs_core::{
    AuditEntry, AuditOutcome, Context, Effect, FaultKind, InMemoryStore, LedgerEntry, LedgerKey, MessageId, Store,
    StreamId,
};
use cqrs_sqlite::{Sqlite, Synchronous};
use oracle::{
    KEEP_AUDIT, KEEP_OUTCOMES, Letter, Op, Oracle, Part, STREAMS, SUBSCRIPTIONS, Writing, compare, ops, time,
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_database_says_what_the_oracle_says(ops in ops(80)) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        let open = async || {
            let options = Sqlite::options(&path).synchronous(Synchronous::Normal);
            let options = options.keep_outcomes(seconds(KEEP_OUTCOMES)).keep_audit(seconds(KEEP_AUDIT));
            options.open().await.unwrap()
        };
        run(async {
            let mut trial = Trial::new(open().await);
            for op in ops {
                match op {
                    Op::Reopen => {
                        drop(trial.store.take());
                        trial.store = Some(open().await);
                    }
                    op => trial.take(op).await?,
                }
                trial.compare().await?;
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_store_in_memory_says_what_the_oracle_says(ops in ops(80)) {
        run(async {
            let store = InMemoryStore::new(seconds(KEEP_OUTCOMES), Some(seconds(KEEP_AUDIT)));
            let mut trial = Trial::new(store);
            for op in ops {
                trial.take(op).await?;
                trial.compare().await?;
            }
            Ok(())
        })?;
    }
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(seconds.unsigned_abs())
}

fn run(work: impl Future<Output = Result<(), TestCaseError>>) -> Result<(), TestCaseError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A store and its oracle.
struct Trial<S> {
    store: Option<S>,
    oracle: Oracle,
    owners: [MessageId; 3],
    /// The call that everything comes from, but for its id.
    calls: u32,
}

fn call() -> Context {
    let id = MessageId::new().to_string();
    let call = serde_json::json!({ "message_id": id, "correlation_id": id, "causation_id": null });
    serde_json::from_value(call).unwrap()
}

fn key(chosen: &str, subscription: Option<&str>) -> LedgerKey {
    LedgerKey {
        tenant: None,
        principal: Some(subscription.unwrap_or("ada").into()),
        is_system: subscription.is_some(),
        message: "count".into(),
        key: chosen.into(),
    }
}

impl<S: Store> Trial<S> {
    fn new(store: S) -> Self {
        let owners = [MessageId::new(), MessageId::new(), MessageId::new()];
        Trial { store: Some(store), oracle: Oracle::default(), owners, calls: 0 }
    }

    fn store(&self) -> &S {
        self.store.as_ref().unwrap()
    }

    async fn compare(&mut self) -> Result<(), TestCaseError> {
        compare(self.store.as_ref().unwrap(), &mut self.oracle).await
    }

    async fn take(&mut self, op: Op) -> Result<(), TestCaseError> {
        let now = time(self.oracle.now);
        match op {
            Op::Write(parts) => return self.write(parts).await,
            Op::Claim { subscription, owner, from_start, lease } => {
                let (name, owner) = (SUBSCRIPTIONS[subscription], self.owners[owner]);
                let start = if from_start { Start::Beginning } else { Start::Now };
                let claim = Claim { subscription: name.into(), owner, now, lease: seconds(lease), start };
                let claimed = self.store().claim(&claim).await.unwrap();
                prop_assert_eq!(claimed.is_some(), self.oracle.claim(name, owner, from_start, lease), "{:?}", claim);
                if claimed.is_some() {
                    prop_assert_eq!(claimed, self.store().checkpoint(name).await.unwrap(), "what a claim says");
                }
            }
            Op::Release { subscription, owner } => {
                let (name, owner) = (SUBSCRIPTIONS[subscription], self.owners[owner]);
                self.store().release(name, owner).await.unwrap();
                self.oracle.release(name, owner);
            }
            Op::Move(by) => self.oracle.now += by,
            Op::Purge => {
                self.store().purge(now).await.unwrap();
                self.oracle.purge();
            }
            Op::Reopen => {}
        }
        Ok(())
    }

    async fn write(&mut self, parts: Vec<Part>) -> Result<(), TestCaseError> {
        let mut changes = Changes::at(time(self.oracle.now));
        let mut writing = Writing::default();
        for part in parts {
            self.add(part, &mut changes, &mut writing);
        }
        let told = format!("{changes:?}");
        let written = self.store().write(changes).await;
        prop_assert_eq!(written.is_ok(), self.oracle.write(writing), "{:?} came of {}", written, told);
        if let Err(fault) = written {
            prop_assert_eq!((fault.kind(), fault.effect()), (FaultKind::Conflict, Effect::Nothing), "{}", fault);
        }
        Ok(())
    }

    /// One more part, in the words of the store and in those of the oracle.
    fn add(&mut self, part: Part, changes: &mut Changes, writing: &mut Writing) {
        let oracle = &mut self.oracle;
        let (now, id) = (oracle.now, MessageId::new());
        let position = |event: usize| oracle.events[event].position.unwrap_or(Position::at(0));
        // Of events that are in the log; what needs one is left out while there is none.
        let event_at =
            |index: proptest::sample::Index| (!oracle.events.is_empty()).then(|| index.index(oracle.events.len()));
        match part {
            Part::Expect(stream, more) => {
                let (stream, version) = (STREAMS[stream], oracle.version(STREAMS[stream]).saturating_add_signed(more));
                changes.expected.push(Expected { stream: StreamId::from(stream), version });
                writing.expected.push((stream, version));
            }
            Part::Event(stream) => {
                let stream = stream.map(|stream| STREAMS[stream]);
                changes.events.push(NewEvent {
                    id,
                    stream: stream.map(StreamId::from),
                    name: stream.unwrap_or("none").into(),
                    schema_version: 1,
                    payload: id.to_string().into_bytes(),
                    call: call(),
                });
                writing.events.push((id, stream));
            }
            Part::Send(key, seconds) => {
                let (key, not_before) = (key.to_string(), time(now + seconds));
                let (name, payload, sent_as) = ("count".into(), b"{}".to_vec(), key.as_str().into());
                changes.commands.push(NewCommand { id, name, payload, key: sent_as, not_before, call: call() });
                writing.commands.push((id, key, now + seconds));
            }
            Part::Settle(command) => {
                let command = if oracle.sent.is_empty() { id } else { *command.get(&oracle.sent) };
                (changes.settled, writing.settled) = (Some(command), Some(command));
            }
            Part::Postpone { command, seconds, parked } => {
                let (id, at) = (if oracle.sent.is_empty() { id } else { *command.get(&oracle.sent) }, now + seconds);
                let (not_before, error, attempts) =
                    (time(at), Some("not now".to_owned()), seconds.unsigned_abs() as u32);
                changes.postponed.push(Postponed { id, not_before, attempts, error, parked });
                writing.postponed.push((id, at, attempts, parked));
            }
            Part::Outcome(chosen) => self.outcome(key(&chosen.to_string(), None), changes, writing),
            Part::Derived { subscription, event } => {
                let Some(event) = event_at(event) else { return };
                let name = SUBSCRIPTIONS[subscription];
                let chosen = format!("{name}/{}/count/0", oracle.events[event].id);
                self.outcome(key(&chosen, Some(name)), changes, writing);
            }
            Part::Audit(ago) => {
                let call = call();
                let (outcome, duration) = (AuditOutcome::Succeeded, Duration::from_millis(1));
                writing.audit.push((call.message_id(), now - ago));
                let started_at = time(now - ago);
                changes.audit.push(AuditEntry {
                    command: "Count".into(),
                    call,
                    outcome,
                    started_at,
                    duration,
                    events: None,
                });
            }
            Part::Advance { subscription, old_fence, old_place, to } => {
                let Some(to) = event_at(to) else { return };
                let name = SUBSCRIPTIONS[subscription];
                let (fence, from) = oracle.subscription(name).map_or((1, None), |kept| (kept.fence, kept.at));
                let fence = if old_fence { fence.saturating_sub(1) } else { fence };
                let from = if old_place { from.map_or(Some(to), |at| at.checked_sub(1)) } else { from };
                changes.checkpoint = Some(Advance {
                    subscription: name.into(),
                    fence,
                    from: from.map(position),
                    to: position(to),
                    event_id: oracle.events[to].id,
                });
                writing.step = Some((name, fence, from, to));
            }
            Part::Park { subscription, event, replay } => {
                let Some(event) = event_at(event) else { return };
                let (name, attempts) = (SUBSCRIPTIONS[subscription], oracle.letters.len() as u32);
                changes.parked.push(DeadLetter {
                    subscription: name.into(),
                    position: position(event),
                    event_id: oracle.events[event].id,
                    name: "counted".into(),
                    stream: oracle.events[event].stream.map(StreamId::from),
                    error: Some("no".to_owned()),
                    attempts,
                    parked_at: time(now),
                    replay,
                });
                writing.parked.push(Letter { subscription: name, event, attempts, replay });
            }
            Part::Unpark { subscription, event } => {
                let Some(event) = event_at(event) else { return };
                let name = SUBSCRIPTIONS[subscription];
                changes.unparked.push((Arc::from(name), oracle.events[event].id));
                writing.unparked.push((name, event));
            }
        }
    }

    fn outcome(&mut self, key: LedgerKey, changes: &mut Changes, writing: &mut Writing) {
        self.calls += 1;
        let text = format!("{{\"Ok\":{}}}", self.calls);
        if !self.oracle.keys.contains(&key) {
            self.oracle.keys.push(key.clone());
        }
        let fingerprint = "7a".repeat(32).parse().unwrap();
        changes.outcome = Some(LedgerEntry { key: key.clone(), fingerprint, outcome: text.as_str().into() });
        writing.outcome = Some((key, text));
    }
}
