//! Transactions that several writes share.

use std::time::Duration;

use cqrs_core::{Fault, FaultKind};

use super::{Wait, WriterOptions, Writing, assert_nothing, insert, patient, rig};
use crate::faults::{extended_code, fault_of, is_unique};

#[tokio::test]
async fn a_write_is_committed_when_it_is_answered() {
    let rig = rig(WriterOptions::default());
    assert_eq!(rig.writer.write(Wait::default(), insert("a")).await.unwrap(), 1);
    assert_eq!(rig.names(), ["a"]);
    let metrics = rig.writer.metrics();
    assert_eq!((metrics.groups, metrics.committed, metrics.largest_group), (1, 1, 1));
}

#[tokio::test]
async fn what_waits_together_is_committed_together() {
    let rig = rig(patient());
    let plug = rig.plug().await;
    let mut tasks = Vec::new();
    for name in 0..50 {
        tasks.push(rig.enqueue(insert(&name.to_string())).await);
    }
    drop(plug);
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let metrics = rig.writer.metrics();
    assert_eq!((metrics.groups, metrics.committed, metrics.largest_group), (1, 51, 51), "{metrics:?}");
    assert_eq!(rig.names().len(), 50);
}

#[tokio::test]
async fn a_group_has_a_limit() {
    let rig = rig(WriterOptions { group: 10, ..patient() });
    let plug = rig.plug().await;
    let mut tasks = Vec::new();
    for name in 0..19 {
        tasks.push(rig.enqueue(insert(&name.to_string())).await);
    }
    drop(plug);
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let metrics = rig.writer.metrics();
    assert_eq!((metrics.groups, metrics.committed, metrics.largest_group), (2, 20, 10), "{metrics:?}");
}

#[tokio::test]
async fn a_group_takes_no_more_after_its_time() {
    let rig = rig(WriterOptions { group_time: Duration::ZERO, ..WriterOptions::default() });
    let plug = rig.plug().await;
    let (one, two) = (rig.enqueue(insert("a")).await, rig.enqueue(insert("b")).await);
    drop(plug);
    one.await.unwrap().unwrap();
    two.await.unwrap().unwrap();
    assert_eq!(rig.writer.metrics().groups, 3);
}

#[tokio::test]
async fn no_answer_leaves_before_the_commit_of_its_group() {
    let rig = rig(patient());
    let first = rig.plug().await;
    let done = rig.enqueue(insert("a")).await;
    let rejected = rig.enqueue(|_| Err::<(), _>(Fault::invalid("no"))).await;
    let (go_on, told) = std::sync::mpsc::channel::<()>();
    let last = rig.enqueue(move |_| Ok(told.recv().unwrap_err())).await;
    drop(first);
    rig.queued(0).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!done.is_finished() && !rejected.is_finished());
    assert!(rig.names().is_empty());
    drop(go_on);
    last.await.unwrap().unwrap();
    done.await.unwrap().unwrap();
    assert_nothing(&rejected.await.unwrap().unwrap_err(), FaultKind::Invalid);
    assert_eq!(rig.names(), ["a"]);
}

#[tokio::test]
async fn a_failing_write_does_not_touch_its_neighbours() {
    let rig = rig(patient());
    let plug = rig.plug().await;
    let before = rig.enqueue(insert("a")).await;
    let mut partly = insert("b");
    let rejected = rig
        .enqueue(move |conn| {
            partly(conn)?;
            Err::<(), _>(Fault::invalid("no"))
        })
        .await;
    let twice = rig.enqueue(insert("a")).await;
    let after = rig.enqueue(insert("c")).await;
    drop(plug);
    before.await.unwrap().unwrap();
    assert_nothing(&rejected.await.unwrap().unwrap_err(), FaultKind::Invalid);
    let twice = twice.await.unwrap().unwrap_err();
    assert_nothing(&twice, FaultKind::Conflict);
    assert!(is_unique(&twice, &["t.name"]) && !is_unique(&twice, &["t.id"]), "{twice:?}");
    assert_eq!(extended_code(&twice), Some(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE));
    after.await.unwrap().unwrap();
    assert_eq!(rig.names(), ["a", "c"]);
    let metrics = rig.writer.metrics();
    assert_eq!((metrics.groups, metrics.committed, metrics.rolled_back), (1, 3, 2), "{metrics:?}");
}

#[tokio::test]
async fn a_panic_is_the_fault_of_its_caller_alone() {
    let rig = rig(patient());
    let plug = rig.plug().await;
    let before = rig.enqueue(insert("a")).await;
    let mut partly = insert("b");
    let panicking = rig
        .enqueue(move |conn| {
            partly(conn)?;
            if true {
                panic!("out of {}", "paper");
            }
            Ok(())
        })
        .await;
    let after = rig.enqueue(insert("c")).await;
    drop(plug);
    before.await.unwrap().unwrap();
    let fault = panicking.await.unwrap().unwrap_err();
    assert_nothing(&fault, FaultKind::Panic);
    assert_eq!(fault.detail(), "a write panicked: out of paper");
    after.await.unwrap().unwrap();
    assert_eq!(rig.names(), ["a", "c"]);
}

#[tokio::test]
async fn a_value_that_panics_when_it_is_dropped_stops_nobody() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let rig = rig(WriterOptions::default());
    let plug = rig.plug().await;
    let (begun, told) = std::sync::mpsc::channel::<()>();
    let gone = rig
        .enqueue(move |_| {
            // Its caller goes away after the job has begun.
            told.recv().unwrap_err();
            Ok(Bomb)
        })
        .await;
    let after = rig.enqueue(insert("a")).await;
    drop(plug);
    rig.queued(1).await;
    gone.abort();
    assert!(gone.await.is_err_and(|error| error.is_cancelled()));
    drop(begun);
    after.await.unwrap().unwrap();
    assert_eq!(rig.names(), ["a"]);
}

#[tokio::test]
async fn a_closure_can_neither_begin_nor_end_a_transaction() {
    let rig = rig(WriterOptions::default());
    for sql in ["COMMIT", "ROLLBACK", "BEGIN", "RELEASE cq_job", "ROLLBACK TO CQ_JOB", "SAVEPOINT cq_other"] {
        let job = move |own: &Writing<'_>| {
            let ran = own.foreign(|conn| {
                conn.execute("INSERT INTO t (name) VALUES ('a')", ())?;
                conn.execute_batch(sql)
            });
            ran.map_err(|error| fault_of(error, "a write"))
        };
        let fault = rig.writer.submit(Wait::default(), job).await.unwrap_err();
        assert_nothing(&fault, FaultKind::Internal);
        let says =
            if sql.contains('_') { "the framework's" } else { "a handler neither begins nor ends a transaction" };
        assert!(fault.detail().contains("was refused") && fault.detail().contains(says), "{fault}");
    }
    assert!(rig.names().is_empty());
    // Savepoints of its own are its business.
    let nested = "SAVEPOINT mine; INSERT INTO t (name) VALUES ('b'); ROLLBACK TO mine; RELEASE mine; SAVEPOINT open";
    let mut write = insert("c");
    rig.writer
        .write(Wait::default(), move |conn| {
            conn.execute_batch(nested).map_err(|error| fault_of(error, nested))?;
            write(conn)
        })
        .await
        .unwrap();
    assert_eq!(rig.names(), ["c"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writes_at_once_are_all_there_and_share_commits() {
    let rig = rig(WriterOptions { queue: 16, ..WriterOptions::default() });
    let tasks: Vec<_> = (0..500)
        .map(|name| {
            let writer = rig.writer.clone();
            tokio::spawn(async move { writer.write(Wait::default(), insert(&name.to_string())).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(rig.names().len(), 500);
    let metrics = rig.writer.metrics();
    assert_eq!(metrics.committed, 500);
    assert!(metrics.groups < 500 && metrics.largest_group > 1, "{metrics:?}");
}

#[tokio::test]
async fn commits_are_counted_for_those_who_wait() {
    let rig = rig(WriterOptions::default());
    let mut commits = rig.writer.commits();
    commits.mark_unchanged();
    rig.writer.write(Wait::default(), |_| Err::<(), _>(Fault::invalid("no"))).await.unwrap_err();
    assert!(!commits.has_changed().unwrap());
    rig.writer.write(Wait::default(), insert("a")).await.unwrap();
    assert!(commits.has_changed().unwrap());
}

#[tokio::test]
async fn what_is_queued_is_written_after_the_last_handle_is_gone() {
    let rig = rig(WriterOptions::default());
    let plug = rig.plug().await;
    let waiting = rig.enqueue(insert("a")).await;
    let (writer, outside) = (rig.writer, rig.outside);
    drop(writer);
    drop(plug);
    waiting.await.unwrap().unwrap();
    assert_eq!(outside.query_row("SELECT name FROM t", (), |row| row.get::<_, String>(0)).unwrap(), "a");
}

#[tokio::test]
async fn the_log_is_written_back_once_it_is_long() {
    let rig = rig(WriterOptions { checkpoint_pages: 20, ..WriterOptions::default() });
    for name in 0..60 {
        rig.writer.write(Wait::default(), insert(&name.to_string())).await.unwrap();
    }
    let metrics = rig.writer.metrics();
    assert!((1..60).contains(&metrics.checkpoints), "{metrics:?}");
    let left: i64 = rig
        .outside
        .query_row("PRAGMA wal_checkpoint(NOOP)", (), |row| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?))
        .unwrap();
    assert!(left < 25, "{left}");
}

#[tokio::test]
async fn a_log_that_a_reader_holds_back_is_not_tried_at_every_commit() {
    let rig = rig(WriterOptions { checkpoint_pages: 20, ..WriterOptions::default() });
    rig.outside.execute_batch("BEGIN; SELECT * FROM t").unwrap();
    for name in 0..100 {
        rig.writer.write(Wait::default(), insert(&name.to_string())).await.unwrap();
    }
    let metrics = rig.writer.metrics();
    assert!((2..20).contains(&metrics.checkpoints), "{metrics:?}");
}
