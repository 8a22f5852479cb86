//! Transactions that are lost, and disks that are full.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cqrs_core::{Effect, Fault, FaultKind};
use rusqlite::{Connection, ErrorCode};

use super::{Wait, WriterOptions, assert_nothing, forever, insert, patient, rig};
use crate::faults::fault_of;
use crate::sqlite_error;

fn impatient() -> WriterOptions {
    WriterOptions { hold_limit: Duration::from_millis(50), ..patient() }
}

#[tokio::test]
async fn the_innocent_run_again_when_a_long_statement_takes_the_transaction_with_it() {
    let rig = rig(impatient());
    let plug = rig.plug().await;
    let runs = Arc::new(AtomicUsize::new(0));
    let (mut one, counted) = (insert("a"), runs.clone());
    let innocent = rig
        .enqueue(move |conn| {
            counted.fetch_add(1, Ordering::SeqCst);
            one(conn)
        })
        .await;
    // This one is rejected for a row that is lost with the transaction.
    let twice = rig.enqueue(insert("a")).await;
    let guilty = rig.enqueue(forever).await;
    let behind = rig.enqueue(insert("b")).await;
    drop(plug);

    innocent.await.unwrap().unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_nothing(&twice.await.unwrap().unwrap_err(), FaultKind::Conflict);
    let fault = guilty.await.unwrap().unwrap_err();
    assert_nothing(&fault, FaultKind::Timeout);
    assert!(fault.detail().contains("`hold_limit`") && fault.detail().contains("50ms"), "{fault}");
    assert_eq!(sqlite_error(&fault).unwrap().sqlite_error_code(), Some(ErrorCode::OperationInterrupted));
    behind.await.unwrap().unwrap();
    assert_eq!(rig.names(), ["a", "b"]);
    // The plug's job, and the two before the guilty one.
    assert_eq!(rig.writer.metrics().run_again, 3);
}

#[tokio::test]
async fn a_rejection_that_rests_on_a_lost_row_is_looked_at_again() {
    let rig = rig(impatient());
    let plug = rig.plug().await;
    // The first time it succeeds, alone it does not: as where its caller was overtaken.
    let mut times = 0;
    let mut write = insert("a");
    let overtaken = rig
        .enqueue(move |conn| {
            times += 1;
            if times > 1 {
                return Err(Fault::invalid("overtaken"));
            }
            write(conn)
        })
        .await;
    let rejected = rig.enqueue(insert("a")).await;
    let guilty = rig.enqueue(forever).await;
    drop(plug);
    assert_nothing(&overtaken.await.unwrap().unwrap_err(), FaultKind::Invalid);
    rejected.await.unwrap().unwrap();
    guilty.await.unwrap().unwrap_err();
    assert_eq!(rig.names(), ["a"]);
}

#[tokio::test]
async fn a_finished_session_of_a_lost_transaction_is_told_to_try_again() {
    let rig = rig(WriterOptions { hold_limit: Duration::from_millis(500), ..impatient() });
    let mut session = rig.session().await;
    session.run(|conn| conn.execute("INSERT INTO t (name) VALUES ('a')", ())).await.unwrap();
    let guilty = rig.enqueue(forever).await;
    let fault = session.finish(|_| Ok(())).await.unwrap_err();
    assert_nothing(&fault, FaultKind::Unavailable);
    assert!(fault.detail().contains("nothing happened: try again"), "{fault}");
    guilty.await.unwrap().unwrap_err();
    assert!(rig.names().is_empty());
}

#[tokio::test]
async fn a_write_that_hides_the_loss_of_its_transaction_is_no_success() {
    let rig = rig(impatient());
    let fault = rig
        .writer
        .write(Wait::default(), |conn| {
            insert("a")(conn)?;
            drop(forever(conn));
            Ok(())
        })
        .await
        .unwrap_err();
    assert_nothing(&fault, FaultKind::Unavailable);
    assert!(rig.names().is_empty());
}

#[tokio::test]
async fn a_session_that_hides_the_loss_of_its_transaction_ends() {
    let rig = rig(WriterOptions { hold_limit: Duration::from_millis(500), ..impatient() });
    let mut session = rig.session().await;
    let fault = session.run(|conn| Ok(conn.execute(super::FOREVER, ()).is_ok())).await.unwrap_err();
    assert_nothing(&fault, FaultKind::Unavailable);
    assert_nothing(&session.finish(|_| Ok(())).await.unwrap_err(), FaultKind::Unavailable);
    rig.assert_serves().await;
}

#[tokio::test]
async fn a_lock_that_is_taken_with_the_loss_is_waited_for_once() {
    let lock_wait = Duration::from_millis(200);
    let rig = rig(WriterOptions { lock_wait, ..impatient() });
    let plug = rig.plug().await;
    let mut innocent = Vec::new();
    for name in ["a", "b", "c", "d"] {
        innocent.push(rig.enqueue(insert(name)).await);
    }
    let other = Connection::open(&rig.path).unwrap();
    let (keep, kept) = std::sync::mpsc::channel();
    let mut other = Some(other);
    let guilty = rig
        .enqueue(move |conn| {
            let lost = forever(conn);
            // SQLite has given the lock up, and another connection takes it.
            let other = other.take().unwrap();
            other.execute_batch("BEGIN IMMEDIATE").unwrap();
            keep.send(other).unwrap();
            lost
        })
        .await;
    drop(plug);
    let other = tokio::task::spawn_blocking(move || kept.recv().unwrap()).await.unwrap();
    let start = Instant::now();
    for task in innocent {
        let fault = task.await.unwrap().unwrap_err();
        assert_nothing(&fault, FaultKind::Unavailable);
        assert!(fault.detail().contains("another process holds the write lock"), "{fault}");
    }
    assert!(start.elapsed() < lock_wait * 3, "{:?}", start.elapsed());
    assert_nothing(&guilty.await.unwrap().unwrap_err(), FaultKind::Timeout);
    drop(other);
    rig.writer.write(Wait::default(), insert("e")).await.unwrap();
    assert_eq!(rig.names(), ["e"]);
}

/// Lets the file grow by so many pages from what it is.
fn room(conn: &Connection, pages: i64) -> i64 {
    let used: i64 = conn.query_row("PRAGMA page_count", (), |row| row.get(0)).unwrap();
    conn.query_row(&format!("PRAGMA max_page_count = {}", used + pages), (), |row| row.get(0)).unwrap()
}

fn fill(conn: &Connection) -> Result<usize, Fault> {
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
               INSERT INTO t (name) SELECT printf('%0500d', i) FROM n";
    conn.execute(sql, ()).map_err(|error| fault_of(error, "filling the disk"))
}

#[tokio::test]
async fn a_full_disk_is_told_and_needs_no_restart() {
    let rig = rig(patient());
    rig.writer.submit(Wait::default(), |own| Ok(own.unguarded(|conn| room(conn, 4)))).await.unwrap();
    let plug = rig.plug().await;
    let before = rig.enqueue(insert("a")).await;
    let full = rig.enqueue(fill).await;
    let after = rig.enqueue(insert("b")).await;
    drop(plug);
    before.await.unwrap().unwrap();
    let fault = full.await.unwrap().unwrap_err();
    assert_nothing(&fault, FaultKind::Unavailable);
    assert!(fault.detail().contains("the disk is full"), "{fault}");
    assert_eq!(sqlite_error(&fault).unwrap().sqlite_error_code(), Some(ErrorCode::DiskFull));
    after.await.unwrap().unwrap();
    assert_eq!(rig.names(), ["a", "b"]);

    rig.writer.submit(Wait::default(), |own| Ok(own.unguarded(|conn| room(conn, 1000)))).await.unwrap();
    assert_eq!(rig.writer.write(Wait::default(), fill).await.unwrap(), 1000);
}

#[tokio::test]
async fn a_session_meets_a_full_disk() {
    let rig = rig(WriterOptions::default());
    rig.writer.submit(Wait::default(), |own| Ok(own.unguarded(|conn| room(conn, 4)))).await.unwrap();
    let mut session = rig.session().await;
    session.run(|conn| conn.execute("INSERT INTO t (name) VALUES ('a')", ())).await.unwrap();
    let fault =
        session.run(|conn| conn.execute("INSERT INTO t (name) VALUES (printf('%0100000d', 1))", ())).await.unwrap_err();
    assert_eq!(sqlite_error(&fault).unwrap().sqlite_error_code(), Some(ErrorCode::DiskFull), "{fault:?}");
    assert!(fault.detail().contains("the disk is full"), "{fault}");
    // Whether SQLite kept the transaction is its own choice: the session says so either way.
    match session.finish(|_| Ok(())).await {
        Ok(()) => assert_eq!(rig.names(), ["a"]),
        Err(fault) => {
            assert_nothing(&fault, FaultKind::Unavailable);
            assert!(rig.names().is_empty());
        }
    }
    rig.assert_serves().await;
}

/// Tables whose references are looked at in the commit alone.
fn deferring(rig: &super::Rig) {
    rig.outside
        .execute_batch(
            "CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT;
             CREATE TABLE child (parent INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED) STRICT;",
        )
        .unwrap();
}

fn orphan(conn: &Connection) -> Result<usize, Fault> {
    conn.execute_batch("SAVEPOINT x; RELEASE x").map_err(|error| fault_of(error, "a savepoint"))?;
    conn.execute("INSERT INTO child (parent) VALUES (1)", ()).map_err(|error| fault_of(error, "an orphan"))
}

#[tokio::test]
async fn a_commit_that_fails_is_the_fault_of_who_made_it_fail() {
    let rig = rig(patient());
    deferring(&rig);
    rig.writer.write(Wait::default(), |_| Ok(())).await.unwrap();
    let plug = rig.plug().await;
    let before = rig.enqueue(insert("a")).await;
    let guilty = rig.enqueue(orphan).await;
    let after = rig.enqueue(insert("b")).await;
    drop(plug);
    before.await.unwrap().unwrap();
    let fault = guilty.await.unwrap().unwrap_err();
    assert_nothing(&fault, FaultKind::Internal);
    assert!(fault.detail().contains("FOREIGN KEY"), "{fault}");
    assert_eq!(sqlite_error(&fault).unwrap().sqlite_error_code(), Some(ErrorCode::ConstraintViolation));
    after.await.unwrap().unwrap();
    assert_eq!(rig.names(), ["a", "b"]);
}

#[tokio::test]
async fn a_session_alone_whose_commit_fails_gets_the_reason() {
    let rig = rig(WriterOptions::default());
    deferring(&rig);
    let mut session = rig.session().await;
    session.run(|conn| conn.execute("INSERT INTO child (parent) VALUES (1)", ())).await.unwrap();
    let fault = session.finish(|_| Ok(())).await.unwrap_err();
    assert_nothing(&fault, FaultKind::Internal);
    assert!(fault.detail().contains("FOREIGN KEY"), "{fault}");
    rig.assert_serves().await;
}

/// Runs this very test in a process whose files cannot grow, where `CQRS_SQLITE_SMALL_FILES` is set.
fn in_a_process_of_small_files(test: &str) -> std::process::Output {
    let binary = std::env::current_exe().unwrap();
    // The signal of a file that is too large is ignored, so that the write fails instead.
    std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$0\" --exact \"$1\" --nocapture"])
        .arg(binary)
        .arg(test)
        .env("CQRS_SQLITE_SMALL_FILES", "1")
        .output()
        .unwrap()
}

#[tokio::test]
async fn the_outcome_of_a_commit_in_which_the_disk_fails_is_unknown() {
    if std::env::var_os("CQRS_SQLITE_SMALL_FILES").is_none() {
        let test = "writer::tests::losses::the_outcome_of_a_commit_in_which_the_disk_fails_is_unknown";
        let output = in_a_process_of_small_files(test);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && told.contains("the disk failed at write"), "{output:?}");
        return;
    }
    let rig = rig(WriterOptions { checkpoint_pages: 1_000_000, ..patient() });
    for write in 0..1000 {
        let answer = rig.writer.write(Wait::default(), insert(&write.to_string())).await;
        let Err(fault) = answer else { continue };
        assert_eq!((fault.kind(), fault.effect()), (FaultKind::OutcomeUnknown, Effect::Unknown), "{fault:?}");
        assert_eq!(sqlite_error(&fault).unwrap().sqlite_error_code(), Some(ErrorCode::SystemIoFailure), "{fault:?}");
        // A rejection beside it is not passed on, and is no unknown outcome.
        let plug = rig.plug().await;
        let failing = rig.enqueue(insert("x")).await;
        let rejected = rig.enqueue(|_| Err::<(), _>(Fault::invalid("no"))).await;
        drop(plug);
        assert_eq!(failing.await.unwrap().unwrap_err().kind(), FaultKind::OutcomeUnknown);
        assert_nothing(&rejected.await.unwrap().unwrap_err(), FaultKind::Unavailable);
        println!("the disk failed at write {write}");
        return;
    }
    panic!("the disk did not fail");
}
