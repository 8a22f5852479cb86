//! A caller, a handler or a runtime that goes away while a call writes in a database: no half of it is there, nothing is
//! held for ever.
#![cfg(feature = "inventory")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cqrs_core::{Bus, DispatchError, Effect, Events, Fault, FaultKind, command, event, handler, query};
use cqrs_sqlite::{ReadDb, Sqlite, SqliteUnit, WriteTx};
use serde::{Deserialize, Serialize};
use tests::polls::{Caller, dropped_at_every_wait};
use tokio::sync::Notify;

const SCHEMA: [(&str, &str); 1] = [("notes", "CREATE TABLE note (word TEXT UNIQUE, number INTEGER NOT NULL) STRICT")];

const INSERT: &str = "INSERT INTO note (word, number) VALUES (?, ?)";

#[event(name = "noted")]
#[derive(Clone, Serialize, Deserialize)]
struct Noted {
    number: u32,
}

/// Leaves two rows and an event.
#[command(idempotent, error = Fault)]
#[derive(Serialize, Deserialize)]
struct Note {
    number: u32,
}

#[handler]
async fn note(cmd: Note, tx: &mut WriteTx, events: &mut Events) -> Result<(), Fault> {
    let Note { number } = cmd;
    tx.defer_execute(INSERT, (format!("first {number}"), number)).await?;
    let found: Option<i64> = tx.one("SELECT count(*) FROM note WHERE number = ?", (number,)).await?;
    assert_eq!(found, Some(1));
    events.raise(Noted { number });
    tx.execute(INSERT, (format!("second {number}"), number)).await?;
    Ok(())
}

/// How many rows and events there are of a number.
#[query(output = (i64, i64), error = Fault)]
struct Count {
    number: u32,
}

#[handler]
async fn count(query: Count, db: &ReadDb) -> Result<(i64, i64), Fault> {
    let counts = "SELECT (SELECT count(*) FROM note WHERE number = ?1),
        (SELECT count(*) FROM cq_event WHERE payload ->> 'number' = ?1)";
    Ok(db.one(counts, (query.number,)).await?.unwrap_or_default())
}

/// A database with one reader, so that one that is not given back is missed at once.
async fn open(path: PathBuf) -> Sqlite {
    Sqlite::options(path).migrations(SCHEMA).readers(1).hold_limit(Duration::from_secs(60)).open().await.unwrap()
}

/// What one whole note leaves, and none at all.
const WHOLE: (i64, i64) = (2, 1);
const NONE: (i64, i64) = (0, 0);

/// The same again under the same key: it is answered, and there once.
async fn once_more(bus: &Bus, number: u32) {
    bus.execute(Note { number }).idempotency_key(number.to_string()).await.unwrap();
    assert_eq!(bus.query(Count { number }).await.unwrap(), WHOLE);
}

#[tokio::test]
async fn a_caller_that_is_gone_after_any_poll_leaves_a_whole_call_or_none() {
    let directory = tempfile::tempdir().unwrap();
    let bus = Bus::builder().store(open(directory.path().join("test.db")).await).build();
    let number = AtomicUsize::new(0);
    let next = || u32::try_from(number.fetch_add(1, Ordering::SeqCst)).unwrap();
    for keyed in [false, true] {
        let dropped = dropped_at_every_wait(
            || {
                let (bus, number) = (bus.clone(), next());
                async move {
                    match keyed {
                        true => bus.execute(Note { number }).idempotency_key(number.to_string()).await,
                        false => bus.execute(Note { number }).await,
                    }
                }
            },
            async |caller, answer| {
                let number = u32::try_from(number.load(Ordering::SeqCst)).unwrap() - 1;
                let there = bus.query(Count { number }).await.unwrap();
                match caller {
                    Caller::Answered(_) => assert_eq!((answer.unwrap().unwrap(), there), ((), WHOLE)),
                    Caller::GoneAfter(_) => assert!([NONE, WHOLE].contains(&there), "{caller:?}: {there:?}"),
                }
                if keyed {
                    once_more(&bus, number).await;
                }
                // Whoever comes next gets the writer and the reader.
                once_more(&bus, next()).await;
            },
        )
        .await;
        assert!(dropped > 0, "none was dropped");
    }
}

#[tokio::test]
async fn a_query_that_is_given_up_at_any_poll_gives_its_reader_back() {
    let directory = tempfile::tempdir().unwrap();
    let db = open(directory.path().join("test.db")).await;
    // Too long for the thread that asks, so that it goes on in another one.
    let long =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT count(*) FROM n";
    let dropped = dropped_at_every_wait(
        || {
            let reads = db.reads();
            async move { reads.one::<i64>(long, ()).await }
        },
        async |caller, answer| {
            if let Caller::Answered(_) = caller {
                assert_eq!(answer.unwrap().unwrap(), Some(300_000));
            }
            assert_eq!(db.reads().one::<i64>("SELECT 7", ()).await.unwrap(), Some(7), "{caller:?}");
        },
    )
    .await;
    assert!(dropped > 0, "none was dropped");
}

#[tokio::test]
async fn a_transaction_that_is_given_up_at_any_poll_leaves_all_or_nothing_and_the_writer_free() {
    let directory = tempfile::tempdir().unwrap();
    let db = open(directory.path().join("test.db")).await;
    let number = AtomicUsize::new(0);
    let dropped = dropped_at_every_wait(
        || {
            let (db, number) = (db.clone(), number.fetch_add(1, Ordering::SeqCst) as i64);
            async move {
                let unit = SqliteUnit::begin(&db);
                let mut tx = unit.write_tx();
                tx.defer_execute(INSERT, (format!("first {number}"), number)).await?;
                tx.execute(INSERT, (format!("second {number}"), number)).await?;
                tx.defer_execute(INSERT, (format!("third {number}"), number)).await?;
                unit.commit().await
            }
        },
        async |caller, answer| {
            let number = number.load(Ordering::SeqCst) as i64 - 1;
            // Behind whatever the transaction has left with the writer.
            let unit = SqliteUnit::begin(&db);
            let there = "SELECT count(*) FROM note WHERE number = ?";
            let there: Option<i64> = unit.write_tx().one(there, (number,)).await.unwrap();
            drop(unit);
            match caller {
                Caller::Answered(_) => assert_eq!((answer.unwrap().unwrap(), there), ((), Some(3))),
                Caller::GoneAfter(_) => assert!([Some(0), Some(3)].contains(&there), "{caller:?}: {there:?}"),
            }
        },
    )
    .await;
    assert!(dropped > 0, "none was dropped");
}

/// At any time, as a runtime that is shut down does with all of its tasks.
#[test]
fn a_runtime_that_is_gone_at_any_time_leaves_whole_calls_or_none() {
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let lasting = runtime();
    let bus = Bus::builder().store(lasting.block_on(open(directory.path().join("test.db")))).build();
    for round in 0..40 {
        let ending = runtime();
        let numbers = round * 8..round * 8 + 8;
        for number in numbers.clone() {
            let bus = bus.clone();
            drop(ending.spawn(async move { bus.execute(Note { number }).idempotency_key(number.to_string()).await }));
        }
        std::thread::sleep(Duration::from_micros(u64::from(round) * 100));
        ending.shutdown_timeout(Duration::from_secs(30));
        for number in numbers {
            let there = lasting.block_on(bus.query(Count { number }).into_future()).unwrap();
            assert!([NONE, WHOLE].contains(&there), "{number}: {there:?}");
            lasting.block_on(once_more(&bus, number));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_at_any_time_leaves_whole_calls_or_none_and_says_which() {
    let directory = tempfile::tempdir().unwrap();
    let bus = Bus::builder().store(open(directory.path().join("test.db")).await).build();
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..400 {
        let bus = bus.clone();
        calls.spawn(async move {
            let limit = Duration::from_micros(u64::from(number) * 100);
            (number, bus.execute(Note { number }).timeout(limit).await)
        });
    }
    while let Some(called) = calls.join_next().await {
        let (number, answer) = called.unwrap();
        let there = bus.query(Count { number }).await.unwrap();
        match answer {
            Ok(()) => assert_eq!(there, WHOLE, "{number}"),
            Err(DispatchError::Fault(fault)) => {
                assert_eq!((fault.effect(), there), (Effect::Nothing, NONE), "{number}: {fault}");
            }
            Err(DispatchError::Rejected(never)) => panic!("{never:?}"),
        }
    }
    once_more(&bus, 1_000).await;
}

/// Puts something off, does not get the writer, and makes do without what it wanted to know.
#[command(error = Fault)]
struct MakeDo {
    number: u32,
}

#[handler]
async fn make_do(cmd: MakeDo, tx: &mut WriteTx, gave_up: &Notify) -> Result<(), Fault> {
    tx.defer_execute(INSERT, (format!("made do {}", cmd.number), cmd.number)).await?;
    let asked = tx.one::<i64>("SELECT count(*) FROM note", ());
    assert!(tokio::time::timeout(Duration::from_millis(20), asked).await.is_err(), "the writer was free");
    gave_up.notify_one();
    Ok(())
}

#[tokio::test]
async fn what_was_put_off_is_kept_although_the_handler_gave_up_waiting_for_the_writer() {
    let directory = tempfile::tempdir().unwrap();
    let db = open(directory.path().join("test.db")).await;
    let gave_up = Arc::new(Notify::new());
    let bus = Bus::builder().store(db.clone()).provide_dyn(gave_up.clone()).build();
    let holder = SqliteUnit::begin(&db);
    holder.write_tx().execute("DELETE FROM note", ()).await.unwrap();
    let call = tokio::spawn({
        let bus = bus.clone();
        async move { bus.execute(MakeDo { number: 7 }).await }
    });
    gave_up.notified().await;
    holder.commit().await.unwrap();
    call.await.unwrap().unwrap();
    assert_eq!(bus.query(Count { number: 7 }).await.unwrap().0, 1);
}

/// Puts off what cannot be, learns that, and says that all is well.
#[command(error = Fault)]
struct Hush {
    number: u32,
}

#[handler]
async fn hush(cmd: Hush, tx: &mut WriteTx) -> Result<(), Fault> {
    tx.defer_execute(INSERT, ("one", cmd.number)).await?;
    tx.defer_execute(INSERT, ("one", cmd.number)).await?;
    tx.defer_execute(INSERT, ("two", cmd.number)).await?;
    let fault = tx.one::<i64>("SELECT count(*) FROM note", ()).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Conflict, "{fault}");
    Ok(())
}

#[tokio::test]
async fn what_was_put_off_and_fails_fails_the_call_whatever_the_handler_says() {
    let directory = tempfile::tempdir().unwrap();
    let bus = Bus::builder().store(open(directory.path().join("test.db")).await).build();
    let error = bus.execute(Hush { number: 7 }).await.unwrap_err();
    let fault = error.fault().unwrap();
    assert_eq!((fault.kind(), fault.effect()), (FaultKind::Conflict, Effect::Nothing), "{fault}");
    assert!(fault.to_string().contains("put off") && fault.to_string().contains("UNIQUE"), "{fault}");
    assert_eq!(bus.query(Count { number: 7 }).await.unwrap().0, 0);
}
