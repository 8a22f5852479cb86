//! Commands on a store: carried out once for each key, written into the audit trail, and looked up afterwards.
#![cfg(feature = "inventory")]

mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use cqrs_core::{
    AuditOutcome, AuditQuery, Bus, Clock, Events, FaultKind, InMemoryStore, LedgerKey, MessageId, Principal, command,
    event, handler,
};
use cqrs_sqlite::Sqlite;
use serde::{Deserialize, Serialize};
use store::on_each;

/// How often something was carried out.
#[derive(Clone, Default)]
struct Runs(Arc<AtomicU32>);

#[event(name = "paid")]
#[derive(Clone, Serialize, Deserialize)]
struct Paid {
    cents: u32,
}

#[command(output = u32, error = String, idempotent, authorize = "pay")]
#[derive(Serialize, Deserialize)]
struct Pay {
    cents: u32,
}

#[handler]
fn pay(cmd: Pay, runs: &Runs, events: &mut Events) -> Result<u32, String> {
    let run = runs.0.fetch_add(1, Ordering::SeqCst) + 1;
    events.raise(Paid { cents: cmd.cents });
    events.raise(Paid { cents: cmd.cents + 1 });
    if cmd.cents == 0 { Err("nothing to pay".into()) } else { Ok(run) }
}

/// Without a resource: its outcome has a unit of work of its own.
#[command(output = u32, idempotent)]
#[derive(Serialize, Deserialize)]
struct Ring;

#[handler]
fn ring(_: Ring, runs: &Runs) -> u32 {
    runs.0.fetch_add(1, Ordering::SeqCst) + 1
}

/// Declares nothing and writes nothing.
#[command]
struct Wave;

#[handler]
fn wave(_: Wave) {}

#[command]
struct Stumble;

#[handler]
async fn stumble(_: Stumble, events: &mut Events) {
    events.raise(Paid { cents: 0 });
    panic!("over a stone");
}

fn ada() -> Principal {
    Principal::new("ada").with_scope("pay")
}

fn key_of_ada(message: &str, key: &str) -> LedgerKey {
    LedgerKey {
        tenant: None,
        principal: Some("ada".into()),
        is_system: false,
        message: message.into(),
        key: key.into(),
    }
}

#[tokio::test]
async fn a_key_is_good_for_one_outcome_also_of_a_rejection() {
    on_each(|builder| async {
        let runs = Runs::default();
        let bus = builder.provide(runs.clone()).build();
        let pay = |cents, key: &str| bus.execute(Pay { cents }).by(ada()).idempotency_key(key);
        assert_eq!(pay(7, "a").await.unwrap(), 1);
        assert_eq!(pay(7, "a").await.unwrap(), 1);
        assert_eq!(pay(8, "a").await.unwrap_err().fault().unwrap().kind(), FaultKind::KeyReused);
        for _ in 0..2 {
            assert_eq!(pay(0, "b").await.unwrap_err().rejection().unwrap(), "nothing to pay");
        }
        assert_eq!(runs.0.load(Ordering::SeqCst), 2);
        assert_eq!(bus.log().read_all(None, 10).await.unwrap().len(), 2);
        let others = bus.execute(Pay { cents: 9 }).by(Principal::new("bob").with_scope("pay")).idempotency_key("a");
        assert_eq!(others.await.unwrap(), 3);
        for _ in 0..2 {
            assert_eq!(bus.execute(Ring).idempotency_key("r").await.unwrap(), 4);
        }
        // Asked again each time, whatever is recorded.
        let nobody = bus.execute(Pay { cents: 7 }).by(Principal::new("ada")).idempotency_key("a");
        assert_eq!(nobody.await.unwrap_err().fault().unwrap().kind(), FaultKind::Forbidden);
    })
    .await;
}

#[tokio::test]
async fn a_lost_reply_is_looked_up_by_the_commands_id_or_its_key() {
    on_each(|builder| async {
        let bus = builder.provide(Runs::default()).build();
        let (paid, refused, unknown) = (MessageId::new(), MessageId::new(), MessageId::new());
        drop(bus.execute(Pay { cents: 7 }).by(ada()).message_id(paid).idempotency_key("a").await);
        drop(bus.execute(Pay { cents: 0 }).by(ada()).message_id(refused).await);
        assert_eq!(bus.command_status(paid).await.unwrap(), Some(AuditOutcome::Succeeded));
        assert_eq!(bus.command_status(refused).await.unwrap(), Some(AuditOutcome::Rejected));
        assert_eq!(bus.command_status(unknown).await.unwrap(), None);
        let outcome = bus.command_outcome(&key_of_ada("Pay", "a")).await.unwrap().unwrap();
        assert_eq!(&*outcome.outcome, r#"{"Ok":1}"#);
        assert_eq!(bus.command_outcome(&key_of_ada("Pay", "b")).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn the_audit_trail_tells_who_ran_what_and_what_came_of_it() {
    on_each(|builder| async {
        let clock = Clock::manual(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000));
        let bus = builder.provide(Runs::default()).provide(clock.clone()).build();
        let started = bus.start().await.unwrap();
        bus.execute(Pay { cents: 7 }).by(ada()).tenant("London").correlation("tea").idempotency_key("a").await.unwrap();
        clock.advance(Duration::from_secs(10));
        bus.execute(Pay { cents: 7 }).by(ada()).tenant("London").idempotency_key("a").await.unwrap();
        bus.execute(Pay { cents: 7 }).by(Principal::new("eve")).await.unwrap_err();
        clock.advance(Duration::from_secs(10));
        bus.execute(Wave).metadata("from", "10.0.0.1").await.unwrap();
        bus.execute(Stumble).await.unwrap_err();
        // What no unit of work has written is written together, at the latest when the bus ends.
        started.shutdown().await;

        let rows = bus.audit(AuditQuery::default()).await.unwrap();
        assert_eq!(rows.len(), 5);
        let of = |query: AuditQuery| {
            let bus = bus.clone();
            async move {
                let rows = bus.audit(query).await.unwrap();
                rows.into_iter().map(|row| (row.command.into_owned(), row.outcome)).collect::<Vec<_>>()
            }
        };
        let paid = ("Pay".to_owned(), AuditOutcome::Succeeded);
        let answered = ("Pay".to_owned(), AuditOutcome::Answered);
        assert_eq!(of(AuditQuery::default().by("ada")).await, [answered.clone(), paid.clone()]);
        assert_eq!(of(AuditQuery::default().tenant("London")).await, [answered, paid.clone()]);
        assert_eq!(of(AuditQuery::default().correlation("tea")).await, [paid]);
        assert_eq!(of(AuditQuery::default().command("Wave")).await, [("Wave".into(), AuditOutcome::Succeeded)]);
        assert_eq!(of(AuditQuery::default().limit(1)).await.len(), 1);
        let refused = bus.audit(AuditQuery::default().by("eve")).await.unwrap();
        let told = refused[0].outcome.fault().unwrap();
        assert!(told.starts_with("forbidden"), "{told}");
        let stumbled = of(AuditQuery::default().command("Stumble")).await;
        assert!(stumbled[0].1.fault().unwrap().contains("over a stone"), "{stumbled:?}");

        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(of(AuditQuery::default().since(at(1_020))).await.len(), 2);
        assert_eq!(of(AuditQuery::default().until(at(1_010))).await.len(), 1);
        assert_eq!(of(AuditQuery::default().since(at(1_010)).until(at(1_020))).await.len(), 2);
        let waved = bus.audit(AuditQuery::default().command("Wave")).await.unwrap();
        assert_eq!(waved[0].call.metadata()["from"], "10.0.0.1");
        let paid = bus.audit(AuditQuery::default().correlation("tea")).await.unwrap().remove(0);
        let log = bus.log().read_all(None, 10).await.unwrap();
        assert_eq!(paid.events, Some((log[0].position, log[1].position)));
        assert_eq!(paid.started_at, at(1_000));
        assert_eq!(bus.audit(AuditQuery::default().command_id(paid.call.message_id())).await.unwrap(), [paid]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_is_in_the_audit_trail_about_a_second_later() {
    let bus = Bus::builder().store(InMemoryStore::default()).provide(Runs::default()).build();
    bus.execute(Pay { cents: 7 }).await.unwrap_err();
    assert!(bus.audit(AuditQuery::default()).await.unwrap().is_empty());
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(bus.audit(AuditQuery::default()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_store_without_an_audit_trail_keeps_none_and_a_rejection_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let db = Sqlite::options(directory.path().join("test.db")).no_audit().open().await.unwrap();
    let in_memory = InMemoryStore::new(Duration::from_secs(60), None);
    for builder in [Bus::builder().store(db), Bus::builder().store(in_memory)] {
        let bus = builder.provide(Runs::default()).build();
        let id = MessageId::new();
        bus.execute(Pay { cents: 7 }).by(ada()).message_id(id).await.unwrap();
        bus.execute(Pay { cents: 0 }).by(ada()).await.unwrap_err();
        assert!(bus.audit(AuditQuery::default()).await.unwrap().is_empty());
        assert_eq!(bus.command_status(id).await.unwrap(), None);
        assert_eq!(bus.log().read_all(None, 10).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn outcomes_and_rows_are_kept_as_long_as_the_store_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let (hour, day) = (Duration::from_secs(3_600), Duration::from_secs(86_400));
    let options = Sqlite::options(directory.path().join("test.db")).keep_outcomes(hour).keep_audit(day);
    let db = options.open().await.unwrap();
    for builder in [Bus::builder().store(db), Bus::builder().store(InMemoryStore::new(hour, Some(day)))] {
        let clock = Clock::manual(SystemTime::UNIX_EPOCH + 10 * day);
        let bus = builder.provide(Runs::default()).provide(clock.clone()).build();
        let pay = || bus.execute(Pay { cents: 7 }).by(ada()).idempotency_key("a");
        assert_eq!(pay().await.unwrap(), 1);
        clock.advance(hour - Duration::from_secs(1));
        assert_eq!(pay().await.unwrap(), 1);
        clock.advance(Duration::from_secs(1));
        assert_eq!(pay().await.unwrap(), 2);
        clock.advance(day);
        // What is kept long enough is forgotten by whoever runs the outbox.
        let started = bus.start().await.unwrap();
        while !bus.audit(AuditQuery::default()).await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(bus.command_outcome(&key_of_ada("Pay", "a")).await.unwrap(), None);
        started.shutdown().await;
    }
}

#[tokio::test]
async fn everything_is_there_when_the_database_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    for run in 0..2 {
        let db = Sqlite::open(&path).await.unwrap();
        let runs = Runs::default();
        let bus = Bus::builder().store(db).provide(runs.clone()).build();
        assert_eq!(bus.execute(Pay { cents: 7 }).by(ada()).idempotency_key("a").await.unwrap(), 1);
        assert_eq!(runs.0.load(Ordering::SeqCst), 1 - run);
        assert_eq!(bus.log().read_all(None, 10).await.unwrap().len(), 2);
    }
}
