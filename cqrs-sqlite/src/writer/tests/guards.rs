//! What becomes of a group when one of its writes ends the transaction, guard or no guard.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cqrs_core::{Effect, Fault, FaultKind};
use rusqlite::Connection;

use super::{JobResult, Wait, WriterOptions, Writing, assert_nothing, insert, patient, rig};
use crate::faults::fault_of;

/// A write that counts how often it is done.
fn counted(name: &'static str, runs: &Arc<AtomicUsize>) -> impl FnMut(&Connection) -> JobResult<i64> + Send + use<> {
    let (mut insert, runs) = (insert(name), runs.clone());
    move |conn| {
        runs.fetch_add(1, Ordering::SeqCst);
        insert(conn)
    }
}

#[track_caller]
fn assert_unknown(fault: &Fault) {
    assert_eq!((fault.kind(), fault.effect()), (FaultKind::OutcomeUnknown, Effect::Unknown), "{fault:?}");
    assert!(fault.detail().contains("ended by one of them"), "{fault}");
}

#[tokio::test]
async fn what_the_framework_has_prepared_is_out_of_reach() {
    let rig = rig(WriterOptions::default());
    for sql in ["COMMIT", "ROLLBACK", "BEGIN IMMEDIATE", "SAVEPOINT cq_job", "ROLLBACK TO cq_job", "RELEASE cq_job"] {
        let job = move |own: &Writing<'_>| {
            // It is there twice at once, and again.
            let two = (own.prepare_cached(sql).unwrap(), own.prepare_cached(sql).unwrap());
            drop(two);
            drop(own.prepare_cached(sql).unwrap());
            let ran = own.foreign(|conn| {
                conn.execute("INSERT INTO t (name) VALUES ('a')", ())?;
                conn.prepare_cached(sql)?.execute(())
            });
            ran.map_err(|error| fault_of(error, "a write"))
        };
        let fault = rig.writer.submit(Wait::default(), job).await.unwrap_err();
        assert_nothing(&fault, FaultKind::Internal);
        assert!(fault.detail().contains("was refused"), "{fault}");
    }
    rig.assert_serves().await;
    assert!(rig.names().is_empty());
}

#[tokio::test]
async fn a_commit_that_the_authorizer_does_not_see_is_a_rollback() {
    let rig = rig(patient());
    let runs = Arc::new(AtomicUsize::new(0));
    let plug = rig.plug().await;
    let innocent = rig.enqueue(counted("a", &runs)).await;
    let (writer, mut one) = (rig.writer.clone(), insert("b"));
    let guilty = tokio::spawn(async move {
        let job = move |own: &Writing<'_>| {
            super::foreign(own, &mut one)?;
            // The framework's own, and yet not while a job runs.
            own.execute("COMMIT").map_err(|error| fault_of(error, "a commit"))
        };
        writer.submit(Wait::default(), job).await
    });
    rig.queued(2).await;
    drop(plug);
    assert_nothing(&guilty.await.unwrap().unwrap_err(), FaultKind::Internal);
    innocent.await.unwrap().unwrap();
    assert_eq!(rig.names(), ["a"]);
    // Nothing is left of the first time.
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_commit_of_somebody_else_is_of_unknown_outcome_for_all_and_nothing_is_done_again() {
    for sql in ["COMMIT", "COMMIT; SELECT 1"] {
        let rig = rig(patient());
        let runs = Arc::new(AtomicUsize::new(0));
        let plug = rig.plug().await;
        let innocent = rig.enqueue(counted("a", &runs)).await;
        let rejected = rig.enqueue(|_| Err::<(), _>(Fault::invalid("no"))).await;
        let writer = rig.writer.clone();
        let guilty = tokio::spawn(async move {
            let job = move |own: &Writing<'_>| Ok(own.unguarded(|conn| conn.execute_batch(sql).is_ok()));
            writer.submit(Wait::default(), job).await
        });
        rig.queued(3).await;
        let behind = rig.enqueue(insert("b")).await;
        drop(plug);
        assert_unknown(&innocent.await.unwrap().unwrap_err());
        assert_unknown(&rejected.await.unwrap().unwrap_err());
        assert_unknown(&guilty.await.unwrap().unwrap_err());
        // Who had no part in it goes on.
        behind.await.unwrap().unwrap();
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        assert_eq!(rig.names(), ["a", "b"]);
        assert_eq!(rig.writer.metrics().run_again, 0);
    }
}

#[tokio::test]
async fn a_session_that_commits_by_itself_is_of_unknown_outcome_for_all() {
    let rig = rig(patient());
    let runs = Arc::new(AtomicUsize::new(0));
    let plug = rig.plug().await;
    let innocent = rig.enqueue(counted("a", &runs)).await;
    let writer = rig.writer.clone();
    let session = tokio::spawn(async move { writer.session(Wait::default(), "rename").await });
    rig.queued(2).await;
    drop(plug);
    let mut session = session.await.unwrap().unwrap();
    assert_unknown(&session.submit(|own| own.unguarded(|conn| conn.execute_batch("COMMIT"))).await.unwrap_err());
    assert_unknown(&session.submit(|_| Ok(())).await.unwrap_err());
    assert_unknown(&session.finish(|_| Ok(())).await.unwrap_err());
    assert_unknown(&innocent.await.unwrap().unwrap_err());
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    rig.assert_serves().await;
    assert_eq!(rig.names(), ["a"]);
}

#[tokio::test]
async fn a_transaction_that_somebody_else_has_begun_is_not_the_groups() {
    let rig = rig(patient());
    let runs = Arc::new(AtomicUsize::new(0));
    let plug = rig.plug().await;
    let innocent = rig.enqueue(counted("a", &runs)).await;
    let writer = rig.writer.clone();
    let guilty = tokio::spawn(async move {
        let sql = "ROLLBACK; BEGIN IMMEDIATE; SAVEPOINT cq_job; INSERT INTO t (name) VALUES ('x')";
        let job = move |own: &Writing<'_>| Ok(own.unguarded(|conn| conn.execute_batch(sql).is_ok()));
        writer.submit(Wait::default(), job).await
    });
    rig.queued(2).await;
    drop(plug);
    // It was rolled back, so nothing is there twice.
    innocent.await.unwrap().unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_nothing(&guilty.await.unwrap().unwrap_err(), FaultKind::Unavailable);
    assert_eq!(rig.names(), ["a"]);
}
