//! Callers that hold the writer between their statements.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use cqrs_core::{Fault, FaultKind};
use rusqlite::Connection;

use super::{FOREVER, Wait, WriterOptions, assert_nothing, foreign, insert, patient, rig};

fn count(conn: &Connection) -> rusqlite::Result<i64> {
    conn.query_row("SELECT count(*) FROM t", (), |row| row.get(0))
}

fn add(name: &'static str) -> impl FnOnce(&Connection) -> rusqlite::Result<usize> + Send {
    move |conn| conn.execute("INSERT INTO t (name) VALUES (?)", (name,))
}

fn limited(limit: Duration) -> WriterOptions {
    WriterOptions { hold_limit: limit, ..patient() }
}

#[tokio::test]
async fn a_session_sees_its_own_writes_and_nobody_else_does_before_the_commit() {
    let rig = rig(WriterOptions::default());
    let mut session = rig.session().await;
    session.run(add("a")).await.unwrap();
    assert_eq!(session.run(count).await.unwrap(), 1);
    assert_eq!(count(&rig.outside).unwrap(), 0);
    assert_eq!(session.finish(|own| foreign(own, |conn| Ok(count(conn).unwrap()))).await.unwrap(), 1);
    assert_eq!(rig.names(), ["a"]);
    let metrics = rig.writer.metrics();
    assert_eq!((metrics.groups, metrics.committed, metrics.holds), (1, 1, 1));
    assert!(metrics.longest_hold > Duration::ZERO && metrics.longest_hold <= metrics.held, "{metrics:?}");
}

#[tokio::test]
async fn a_session_takes_part_in_the_group() {
    let rig = rig(patient());
    let plug = rig.plug().await;
    let before = rig.enqueue(insert("a")).await;
    let mut session = pin!(rig.writer.session(Wait::default(), "rename"));
    assert!(session.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let after = rig.enqueue(insert("c")).await;
    drop(plug);
    let mut session = session.await.unwrap();
    session.run(add("b")).await.unwrap();
    assert!(!before.is_finished());
    session.finish(|_| Ok(())).await.unwrap();
    before.await.unwrap().unwrap();
    after.await.unwrap().unwrap();
    assert_eq!(rig.names(), ["a", "b", "c"]);
    let metrics = rig.writer.metrics();
    assert_eq!((metrics.groups, metrics.committed), (1, 4), "{metrics:?}");
}

#[tokio::test]
async fn a_session_that_is_dropped_leaves_nothing() {
    let rig = rig(WriterOptions::default());
    let mut session = rig.session().await;
    session.run(add("a")).await.unwrap();
    drop(session);
    rig.assert_serves().await;
    assert!(rig.names().is_empty());
}

#[tokio::test]
async fn a_session_that_is_finished_with_a_fault_leaves_nothing() {
    let rig = rig(WriterOptions::default());
    let mut session = rig.session().await;
    session.run(add("a")).await.unwrap();
    let fault = session.finish(|_| Err::<(), _>(Fault::invalid("no"))).await.unwrap_err();
    assert_nothing(&fault, FaultKind::Invalid);
    assert!(rig.names().is_empty());
}

#[tokio::test]
async fn an_error_of_a_statement_leaves_the_session_as_it_was() {
    let rig = rig(WriterOptions::default());
    let mut session = rig.session().await;
    session.run(add("a")).await.unwrap();
    let fault = session.run(add("a")).await.unwrap_err();
    assert_nothing(&fault, FaultKind::Conflict);
    assert!(fault.detail().starts_with("a statement of `rename`: "), "{fault}");
    session.run(add("b")).await.unwrap();
    session.finish(|_| Ok(())).await.unwrap();
    assert_eq!(rig.names(), ["a", "b"]);
}

#[tokio::test]
async fn a_session_that_holds_the_writer_for_too_long_is_rolled_back() {
    let rig = rig(limited(Duration::from_millis(300)));
    let mut session = rig.session().await;
    session.run(add("a")).await.unwrap();
    let start = Instant::now();
    // It is somebody else's turn, although the session is still there.
    rig.writer.write(Wait::default(), insert("b")).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1));
    for fault in [session.run(count).await.unwrap_err(), session.run(count).await.unwrap_err()] {
        assert_nothing(&fault, FaultKind::Timeout);
        assert!(fault.detail().contains("`rename`") && fault.detail().contains("300ms"), "{fault}");
        assert!(fault.detail().contains("`hold_limit`"), "{fault}");
    }
    assert_nothing(&session.finish(|_| Ok(())).await.unwrap_err(), FaultKind::Timeout);
    assert_eq!(rig.names(), ["b"]);
}

#[tokio::test]
async fn a_statement_of_a_session_is_interrupted_at_the_limit() {
    let rig = rig(limited(Duration::from_millis(300)));
    let start = Instant::now();
    let mut session = rig.session().await;
    session.run(add("a")).await.unwrap();
    let fault = session.run(|conn| conn.execute(FOREVER, ())).await.unwrap_err();
    assert_nothing(&fault, FaultKind::Timeout);
    assert!(fault.detail().starts_with("`rename` held the writer for longer than the limit of 300ms"), "{fault}");
    assert!(crate::sqlite_error(&fault).is_some(), "{fault:?}");
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_nothing(&session.finish(|_| Ok(())).await.unwrap_err(), FaultKind::Timeout);
    rig.assert_serves().await;
    assert!(rig.names().is_empty());
}

#[tokio::test]
async fn the_last_statement_of_a_session_is_interrupted_at_the_limit() {
    let rig = rig(limited(Duration::from_millis(300)));
    let session = rig.session().await;
    let fault = session.finish(|own| foreign(own, super::forever)).await.unwrap_err();
    assert_nothing(&fault, FaultKind::Timeout);
    assert!(fault.detail().contains("`rename`"), "{fault}");
    rig.assert_serves().await;
}

#[tokio::test]
async fn a_read_that_is_interrupted_ends_the_session_and_not_the_group() {
    let rig = rig(limited(Duration::from_millis(300)));
    let plug = rig.plug().await;
    let before = rig.enqueue(insert("a")).await;
    let mut session = pin!(rig.writer.session(Wait::default(), "rename"));
    assert!(session.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(plug);
    let mut session = session.await.unwrap();
    let long = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    let fault = session.run(move |conn| conn.query_row(long, (), |row| row.get::<_, i64>(0))).await.unwrap_err();
    assert_nothing(&fault, FaultKind::Timeout);
    before.await.unwrap().unwrap();
    assert_eq!(rig.writer.metrics().run_again, 0);
    assert_eq!(rig.names(), ["a"]);
}

#[tokio::test]
async fn a_panic_ends_the_session() {
    let rig = rig(WriterOptions::default());
    let mut session = rig.session().await;
    session.run(add("a")).await.unwrap();
    let fault = session.run(|_| if true { panic!("no ink") } else { Ok(()) }).await.unwrap_err();
    assert_nothing(&fault, FaultKind::Panic);
    assert!(fault.detail().ends_with("no ink"), "{fault}");
    let fault = session.run(count).await.unwrap_err();
    assert_nothing(&fault, FaultKind::Panic);
    assert!(fault.detail().contains("`rename`"), "{fault}");
    rig.assert_serves().await;
    assert!(rig.names().is_empty());
}

#[tokio::test]
async fn a_session_cannot_end_the_transaction_itself() {
    let rig = rig(WriterOptions::default());
    let mut session = rig.session().await;
    session.run(add("a")).await.unwrap();
    assert_nothing(&session.run(|conn| conn.execute_batch("COMMIT")).await.unwrap_err(), FaultKind::Internal);
    drop(session);
    rig.assert_serves().await;
    assert!(rig.names().is_empty());
}

/// A whole interactive write, to be dropped on its way.
async fn write(writer: super::Writer) {
    let mut session = writer.session(Wait::default(), "rename").await.unwrap();
    session.run(add("a")).await.unwrap();
    session.run(add("b")).await.unwrap();
    session
        .finish(|own| own.execute("INSERT INTO t (name) VALUES ('c')").map_err(|_| Fault::internal("c")))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_session_can_be_used_in_a_task() {
    let rig = rig(WriterOptions::default());
    tokio::spawn(write(rig.writer.clone())).await.unwrap();
    assert_eq!(rig.names(), ["a", "b", "c"]);
}

#[tokio::test]
async fn a_session_dropped_at_any_poll_leaves_all_or_nothing_and_blocks_nobody() {
    let rig = rig(WriterOptions::default());
    let mut kept = 0;
    for polls in 0..20 {
        let mut future = Box::pin(write(rig.writer.clone()));
        let mut finished = false;
        for _ in 0..polls {
            let poll = std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
            finished = poll.is_ready();
            if finished {
                break;
            }
            // Time for the thread, so that the next poll comes further.
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        drop(future);
        rig.assert_serves().await;
        let names = rig.names();
        assert!(names.is_empty() || names == ["a", "b", "c"], "after {polls} polls: {names:?}");
        assert!(!finished || names.len() == 3);
        kept += usize::from(finished);
        rig.writer.write(Wait::default(), |conn| Ok(conn.execute("DELETE FROM t", ()).unwrap())).await.unwrap();
    }
    assert!((1..20).contains(&kept), "{kept}");
}

#[tokio::test]
async fn a_write_dropped_at_any_poll_is_there_or_not_and_blocks_nobody() {
    let rig = rig(WriterOptions::default());
    for polls in 0..3 {
        let plug = rig.plug().await;
        let mut future = Box::pin(rig.writer.write(Wait::default(), insert("a")));
        for _ in 0..polls {
            assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        drop(future);
        drop(plug);
        rig.assert_serves().await;
        // It had not begun, so it was withdrawn.
        assert!(rig.names().is_empty());
    }
}

#[tokio::test]
async fn a_session_that_nobody_waits_for_any_more_is_not_begun() {
    let rig = rig(WriterOptions::default());
    let plug = rig.plug().await;
    let mut session = Box::pin(rig.writer.session(Wait::default(), "rename"));
    assert!(session.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(session);
    drop(plug);
    rig.assert_serves().await;
    assert_eq!(rig.writer.metrics().holds, 0);
}
