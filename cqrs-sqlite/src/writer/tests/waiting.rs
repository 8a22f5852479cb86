//! Callers that wait: for room, for the writer, for another connection's lock, and under a paused clock.

use std::time::{Duration, Instant};

use cqrs_core::FaultKind;
use rusqlite::ErrorCode;
use tokio::time::timeout;

use super::{Wait, WriterOptions, assert_nothing, insert, rig};
use crate::sqlite_error;

#[tokio::test]
async fn a_full_queue_is_told_after_the_wait() {
    let rig = rig(WriterOptions { queue: 2, wait: Duration::from_millis(30), ..WriterOptions::default() });
    let plug = rig.plug().await;
    let waiting = [rig.enqueue(insert("a")).await, rig.enqueue(insert("b")).await];
    let start = Instant::now();
    let fault = rig.writer.write(Wait::default(), insert("c")).await.unwrap_err();
    assert!(start.elapsed() >= Duration::from_millis(30));
    assert_nothing(&fault, FaultKind::Unavailable);
    assert!(fault.detail().starts_with("2 writes wait") && fault.detail().contains("`queue`"), "{fault}");
    // A deadline of its own comes first.
    let start = Instant::now();
    rig.writer.write(Wait::within(Duration::from_millis(200)), insert("c")).await.unwrap_err();
    assert!(start.elapsed() >= Duration::from_millis(200));
    drop(plug);
    for task in waiting {
        task.await.unwrap().unwrap();
    }
    rig.writer.write(Wait::within(Duration::ZERO), insert("d")).await.unwrap();
    assert_eq!(rig.names(), ["a", "b", "d"]);
}

#[tokio::test]
async fn who_waits_for_room_is_served_when_there_is_some() {
    let rig = rig(WriterOptions { queue: 1, ..WriterOptions::default() });
    let plug = rig.plug().await;
    let first = rig.enqueue(insert("a")).await;
    let writer = rig.writer.clone();
    let second = tokio::spawn(async move { writer.write(Wait::default(), insert("b")).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    drop(plug);
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(rig.names(), ["a", "b"]);
}

#[tokio::test]
async fn a_session_is_not_waited_for_longer_than_asked() {
    let rig = rig(WriterOptions { wait: Duration::from_millis(20), ..WriterOptions::default() });
    let plug = rig.plug().await;
    for own in [false, true] {
        let start = Instant::now();
        let wait = if own { Wait::within(Duration::from_millis(100)) } else { Wait::default() };
        let fault = rig.writer.session(wait, "rename").await.err().unwrap();
        let least = if own { 100 } else { 20 };
        assert!((least..2000).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
        assert_nothing(&fault, FaultKind::Unavailable);
        assert!(fault.detail().contains("`rename`"), "{fault}");
    }
    drop(plug);
    rig.assert_serves().await;
    assert_eq!(rig.writer.metrics().holds, 0);
}

#[tokio::test]
async fn a_lock_of_another_connection_is_waited_for_and_then_told_to_all() {
    let lock_wait = Duration::from_millis(100);
    let rig = rig(WriterOptions { lock_wait, ..WriterOptions::default() });
    rig.outside.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = Instant::now();
    let writes: Vec<_> = (0..5)
        .map(|name| {
            let writer = rig.writer.clone();
            tokio::spawn(async move { writer.write(Wait::default(), insert(&name.to_string())).await })
        })
        .collect();
    let fault = rig.writer.session(Wait::default(), "rename").await.err().unwrap();
    assert_nothing(&fault, FaultKind::Unavailable);
    assert!(fault.detail().contains("another process holds the write lock of `"), "{fault}");
    assert!(fault.detail().contains(&rig.path.display().to_string()), "{fault}");
    assert_eq!(sqlite_error(&fault).unwrap().sqlite_error_code(), Some(ErrorCode::DatabaseBusy));
    for write in writes {
        assert_nothing(&write.await.unwrap().unwrap_err(), FaultKind::Unavailable);
    }
    // Two waits at most: the first begins before all are in the queue.
    assert!((lock_wait..lock_wait * 4).contains(&start.elapsed()), "{:?}", start.elapsed());

    rig.outside.execute_batch("COMMIT").unwrap();
    rig.writer.write(Wait::default(), insert("a")).await.unwrap();
    assert_eq!(rig.names(), ["a"]);
}

#[tokio::test]
async fn a_lock_that_is_given_up_in_time_is_no_fault() {
    let rig = rig(WriterOptions::default());
    rig.outside.execute_batch("BEGIN IMMEDIATE").unwrap();
    let waiting = tokio::spawn({
        let writer = rig.writer.clone();
        async move { writer.write(Wait::default(), insert("a")).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished());
    rig.outside.execute_batch("COMMIT").unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_timeout_around_a_write_does_not_fire_early_under_a_paused_clock() {
    let rig = rig(WriterOptions::default());
    for name in ["a", "b", "c"] {
        timeout(Duration::from_millis(1), rig.writer.write(Wait::default(), insert(name))).await.unwrap().unwrap();
    }
    assert_eq!(rig.names(), ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_around_a_session_does_not_fire_early_under_a_paused_clock() {
    let rig = rig(WriterOptions::default());
    let whole = async {
        let mut session = rig.writer.session(Wait::default(), "rename").await?;
        session.run(|conn| conn.execute("INSERT INTO t (name) VALUES ('a')", ())).await?;
        session.finish(|_| Ok(())).await
    };
    timeout(Duration::from_millis(1), whole).await.unwrap().unwrap();
    assert_eq!(rig.names(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_is_told_by_the_real_clock_under_a_paused_one() {
    let rig = rig(WriterOptions { queue: 1, wait: Duration::from_millis(50), ..WriterOptions::default() });
    let (go_on, told) = std::sync::mpsc::channel::<()>();
    let (begun, has_begun) = std::sync::mpsc::channel::<()>();
    let plugged = tokio::spawn({
        let writer = rig.writer.clone();
        async move {
            let plugged = writer.write(Wait::default(), move |_| {
                begun.send(()).unwrap();
                Ok(told.recv().unwrap_err())
            });
            plugged.await
        }
    });
    tokio::task::yield_now().await;
    has_begun.recv().unwrap();
    let waiting = tokio::spawn({
        let writer = rig.writer.clone();
        async move { writer.write(Wait::default(), insert("a")).await }
    });
    tokio::task::yield_now().await;
    let (real, paused) = (Instant::now(), tokio::time::Instant::now());
    let fault = timeout(Duration::from_millis(1), rig.writer.write(Wait::default(), insert("b"))).await.unwrap();
    assert_nothing(&fault.unwrap_err(), FaultKind::Unavailable);
    assert!(real.elapsed() >= Duration::from_millis(50));
    assert_eq!(paused, tokio::time::Instant::now());
    drop(go_on);
    plugged.await.unwrap().unwrap();
    waiting.await.unwrap().unwrap();
}
