//! A handler's SQL that is not its own to say: the control of the transaction, settings of the connection, and what is
//! written in a table of the framework. Each after calls that went well, which leave prepared statements behind.
#![cfg(feature = "inventory")]

use cqrs_core::{Bus, DispatchError, Effect, Events, Fault, FaultKind, command, event, handler};
use cqrs_sqlite::{Sqlite, WriteTx};
use serde::{Deserialize, Serialize};

const SCHEMA: [(&str, &str); 2] = [
    ("t", "CREATE TABLE t (a INTEGER NOT NULL)"),
    (
        "one",
        "CREATE TABLE one (a INTEGER PRIMARY KEY);
         CREATE TABLE watched (a INTEGER);
         CREATE TRIGGER forgets AFTER INSERT ON watched BEGIN DELETE FROM cq_outbox; END",
    ),
];

const CONTROL: [&str; 8] = [
    "COMMIT",
    "END TRANSACTION",
    "ROLLBACK",
    "ROLLBACK TO cq_job",
    "RELEASE cq_job",
    "SAVEPOINT cq_job",
    "BEGIN IMMEDIATE",
    "BEGIN",
];

const WAYS: [Way; 6] = [Way::Execute, Way::Defer, Way::One, Way::RunCached, Way::RunBatch, Way::DeferCached];

#[event(name = "control.added")]
#[derive(Clone, Serialize, Deserialize)]
struct Added(i64);

/// One of those who did nothing wrong.
#[command(output = i64, error = Fault)]
struct Add(i64);

#[handler]
async fn add(cmd: Add, tx: &mut WriteTx, events: &mut Events) -> Result<i64, Fault> {
    events.raise(Added(cmd.0));
    tx.defer_execute("INSERT INTO t (a) VALUES (?)", (cmd.0,)).await?;
    Ok(cmd.0)
}

/// Says no after it has written.
#[command(error = Fault)]
struct Refuse;

#[handler]
async fn refuse(_: Refuse, tx: &mut WriteTx) -> Result<(), Fault> {
    tx.execute("INSERT INTO t (a) VALUES (-2)", ()).await?;
    Err(Fault::invalid("no"))
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Execute,
    Defer,
    One,
    RunCached,
    RunBatch,
    DeferCached,
}

/// Writes a row, raises an event, and says this.
#[command(error = Fault, retry(3, on = unavailable))]
#[derive(Clone)]
struct Say(Way, &'static str);

#[handler]
async fn say(cmd: Say, tx: &mut WriteTx, events: &mut Events) -> Result<(), Fault> {
    let Say(way, sql) = cmd;
    events.raise(Added(-1));
    let row = "INSERT INTO t (a) VALUES (-1)";
    match way {
        Way::Execute => {
            tx.execute(row, ()).await?;
            tx.execute(sql, ()).await.map(drop)
        }
        Way::Defer => {
            tx.defer_execute(row, ()).await?;
            tx.defer_execute(sql, ()).await
        }
        Way::One => {
            tx.defer_execute(row, ()).await?;
            tx.one::<i64>(sql, ()).await.map(drop)
        }
        Way::RunCached => tx
            .run(move |conn| {
                conn.execute(row, ())?;
                conn.prepare_cached(sql)?.execute(())
            })
            .await
            .map(drop),
        Way::RunBatch => {
            tx.run(move |conn| {
                conn.execute(row, ())?;
                conn.execute_batch(sql)
            })
            .await
        }
        Way::DeferCached => {
            tx.defer(move |conn| {
                conn.execute(row, ())?;
                conn.prepare_cached(sql)?.execute(()).map(drop)
            })
            .await
        }
    }
}

#[track_caller]
fn fault<T: std::fmt::Debug>(result: Result<T, DispatchError<Fault>>) -> Fault {
    match result {
        Err(DispatchError::Fault(fault)) => fault,
        other => panic!("no fault: {other:?}"),
    }
}

struct Rig {
    bus: Bus,
    db: Sqlite,
    _directory: tempfile::TempDir,
}

/// A bus that has committed and rolled back already.
async fn warm() -> Rig {
    let directory = tempfile::tempdir().unwrap();
    let db = Sqlite::options(directory.path().join("test.db")).migrations(SCHEMA).open().await.unwrap();
    let bus = Bus::builder().store(db.clone()).build();
    let rig = Rig { bus, db, _directory: directory };
    rig.bus.execute(Add(0)).await.unwrap();
    rig.bus.execute(Refuse).await.unwrap_err();
    rig
}

impl Rig {
    async fn rows(&self) -> Vec<i64> {
        self.db.reads().all("SELECT a FROM t ORDER BY a", ()).await.unwrap()
    }

    async fn events(&self) -> usize {
        self.bus.log().read_all(None, 10_000).await.unwrap().len()
    }

    async fn fault(&self, way: Way, sql: &'static str) -> Fault {
        let fault = fault(self.bus.execute(Say(way, sql)).await);
        assert_eq!(fault.effect(), Effect::Nothing, "{way:?} {sql}: {fault}");
        fault
    }
}

#[tokio::test]
async fn control_of_the_transaction_is_refused_and_nothing_of_the_call_is_left() {
    let rig = warm().await;
    for way in WAYS {
        for sql in CONTROL {
            let fault = rig.fault(way, sql).await;
            assert_eq!(fault.kind(), FaultKind::Internal, "{way:?} {sql}: {fault}");
            let told = fault.to_string();
            let says = if sql.contains("cq_") { "`cq_job`" } else { "a handler neither begins nor ends a transaction" };
            assert!(told.contains(says) && told.contains("refused"), "{way:?} {sql}: {told}");
            let verb = if sql.starts_with("END") { "COMMIT" } else { sql.split(' ').next().unwrap() };
            assert!(told.contains(&format!("`{verb}")), "{way:?} {sql}: {told}");
            assert_eq!(rig.rows().await, [0], "{way:?} {sql}");
            assert_eq!(rig.events().await, 1, "{way:?} {sql}");
        }
    }
    assert_eq!(rig.bus.execute(Add(1)).await.unwrap(), 1);
    assert_eq!(rig.rows().await, [0, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn control_of_the_transaction_that_others_share_does_not_touch_them() {
    for way in [Way::Execute, Way::Defer, Way::RunCached, Way::DeferCached] {
        for sql in CONTROL {
            let rig = warm().await;
            let innocent = 40;
            let mut tasks = Vec::new();
            for a in 1..=innocent {
                if a % 10 == 5 {
                    let bus = rig.bus.clone();
                    tasks.push(tokio::spawn(async move {
                        let fault = fault(bus.execute(Say(way, sql)).await);
                        assert_eq!(fault.effect(), Effect::Nothing, "{way:?} {sql}: {fault}");
                        assert_eq!(fault.kind(), FaultKind::Internal, "{way:?} {sql}: {fault}");
                    }));
                }
                let bus = rig.bus.clone();
                tasks.push(tokio::spawn(async move { assert_eq!(bus.execute(Add(a)).await.unwrap(), a) }));
            }
            for task in tasks {
                task.await.unwrap();
            }
            assert_eq!(rig.rows().await, (0..=innocent).collect::<Vec<_>>(), "{way:?} {sql}");
            assert_eq!(rig.events().await, 41, "{way:?} {sql}");
            assert_eq!(rig.db.metrics().run_again, 0, "{way:?} {sql}");
        }
    }
}

/// Savepoints of its own are a handler's to use.
#[command(error = Fault)]
struct InSteps;

#[handler]
async fn in_steps(_: InSteps, tx: &mut WriteTx) -> Result<(), Fault> {
    for sql in [
        "SAVEPOINT step",
        "INSERT INTO t (a) VALUES (8)",
        "ROLLBACK TO step",
        "RELEASE step",
        "SAVEPOINT left_open",
        "INSERT INTO t (a) VALUES (9)",
    ] {
        tx.execute(sql, ()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_handler_has_savepoints_of_its_own() {
    let rig = warm().await;
    rig.bus.execute(InSteps).await.unwrap();
    rig.bus.execute(InSteps).await.unwrap();
    assert_eq!(rig.rows().await, [0, 9, 9]);
}

/// Does not look at what it is told, and goes on in a transaction that is gone.
#[command(error = Fault)]
struct Overhear(bool);

#[handler]
async fn overhear(cmd: Overhear, tx: &mut WriteTx, events: &mut Events) -> Result<(), Fault> {
    events.raise(Added(-1));
    let on = |conn: &cqrs_sqlite::rusqlite::Connection| {
        conn.execute("INSERT INTO one VALUES (1)", ())?;
        drop(conn.execute("INSERT OR ROLLBACK INTO one VALUES (1)", ()));
        drop(conn.execute("INSERT INTO t (a) VALUES (-1)", ()));
        drop(conn.execute_batch("COMMIT; INSERT INTO t (a) VALUES (-1)"));
        drop(conn.execute_batch("BEGIN; INSERT INTO t (a) VALUES (-1); COMMIT"));
        Ok(())
    };
    match cmd.0 {
        true => tx.defer(on).await,
        false => tx.run(on).await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_committed_by_who_goes_on_after_the_loss_of_its_transaction() {
    for deferred in [true, false] {
        let rig = warm().await;
        let mut tasks = Vec::new();
        for a in 1..=40 {
            let bus = rig.bus.clone();
            tasks.push(tokio::spawn(async move {
                if a == 20 {
                    let fault = fault(bus.execute(Overhear(deferred)).await);
                    assert_eq!((fault.kind(), fault.effect()), (FaultKind::Unavailable, Effect::Nothing), "{fault}");
                }
                bus.execute(Add(a)).await.unwrap();
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(rig.rows().await, (0..=40).collect::<Vec<_>>());
        assert_eq!(rig.events().await, 41);
        let left: Option<i64> = rig.db.reads().one("SELECT count(*) FROM one", ()).await.unwrap();
        assert_eq!(left, Some(0));
    }
}

#[tokio::test]
async fn tables_of_the_framework_are_not_written_by_others() {
    let rig = warm().await;
    for (sql, table) in [
        ("UPDATE cq_subscription SET position = 99", "cq_subscription"),
        ("UPDATE CQ_Event SET payload = ''", "cq_event"),
        ("DELETE FROM cq_event", "cq_event"),
        ("DELETE FROM \"main\".[cq_outbox]", "cq_outbox"),
        ("INSERT INTO cq_outcome (key, fingerprint, outcome, recorded_at) VALUES ('', '', '', 0)", "cq_outcome"),
        ("REPLACE INTO cq_meta (key, value) VALUES ('source_id', '')", "cq_meta"),
        ("WITH a (a) AS (SELECT 1) DELETE FROM cq_audit WHERE row IN (SELECT a FROM a)", "cq_audit"),
        ("DROP TABLE cq_outbox", "cq_outbox"),
        ("DROP INDEX cq_outbox_due", "cq_outbox"),
        ("DROP TRIGGER cq_event_stays", "cq_event"),
        ("ALTER TABLE cq_audit RENAME TO audit", "cq_audit"),
        ("ALTER TABLE cq_audit ADD COLUMN mine", "cq_audit"),
        ("ALTER TABLE cq_audit DROP COLUMN fault", "cq_audit"),
        ("CREATE UNIQUE INDEX mine ON cq_event (name)", "cq_event"),
        ("CREATE TRIGGER mine AFTER INSERT ON cq_event BEGIN DELETE FROM t; END", "cq_event"),
        ("CREATE TEMP TRIGGER mine AFTER INSERT ON cq_event BEGIN DELETE FROM t; END", "cq_event"),
        // Names that would stand before the framework's.
        ("CREATE TEMP TABLE cq_event (a)", "cq_event"),
        ("CREATE TEMP VIEW cq_event AS SELECT 1", "cq_event"),
        ("CREATE TABLE cq_mine (a)", "cq_mine"),
        ("CREATE VIEW cq_mine AS SELECT 1", "cq_mine"),
        // A trigger of the application's.
        ("INSERT INTO watched VALUES (1)", "cq_outbox"),
    ] {
        for way in WAYS {
            let fault = rig.fault(way, sql).await;
            assert_eq!(fault.kind(), FaultKind::Internal, "{sql}: {fault}");
            let told = fault.to_string();
            assert!(told.to_lowercase().contains(&format!("`{table}`")) && told.contains("refused"), "{sql}: {told}");
        }
    }
    let told = rig.fault(Way::Execute, "INSERT INTO watched VALUES (1)").await.to_string();
    assert!(told.contains("`forgets`") && told.contains("`DELETE`"), "{told}");
    assert_eq!(rig.rows().await, [0]);
    assert_eq!(rig.bus.execute(Add(1)).await.unwrap(), 1);
    assert_eq!(rig.events().await, 2);
}

#[command(error = Fault)]
struct Shadow;

#[handler]
async fn shadow(_: Shadow, tx: &mut WriteTx) -> Result<(), Fault> {
    tx.execute("CREATE TEMP TABLE mine (a)", ()).await?;
    tx.execute("ALTER TABLE temp.mine RENAME TO cq_event", ()).await.map(drop)
}

#[tokio::test]
async fn no_table_takes_the_place_of_one_of_the_framework() {
    let rig = warm().await;
    let fault = fault(rig.bus.execute(Shadow).await);
    assert!(fault.to_string().contains("refused"), "{fault}");
    rig.bus.execute(Add(1)).await.unwrap();
    assert_eq!(rig.events().await, 2);
}

#[command(output = (i64, i64), error = Fault)]
struct Look;

#[handler]
async fn look(_: Look, tx: &mut WriteTx) -> Result<(i64, i64), Fault> {
    let events = tx.one("SELECT count(*) FROM cq_event", ()).await?.unwrap_or_default();
    tx.execute("INSERT INTO t (a) SELECT 100 + position FROM cq_event", ()).await?;
    let columns = tx.one("SELECT count(*) FROM pragma_table_info('cq_event')", ()).await?.unwrap_or_default();
    tx.execute("CREATE TEMP TABLE scratch (a); ", ()).await?;
    Ok((events, columns))
}

#[tokio::test]
async fn tables_of_the_framework_are_read_by_anybody() {
    let rig = warm().await;
    assert_eq!(rig.bus.execute(Look).await.unwrap(), (1, 9));
    assert_eq!(rig.rows().await, [0, 101]);
}

#[tokio::test]
async fn settings_of_the_connection_are_not_a_handlers() {
    let rig = warm().await;
    for (sql, says) in [
        ("PRAGMA journal_mode = DELETE", "`PRAGMA journal_mode`"),
        ("PRAGMA journal_mode(OFF)", "`PRAGMA journal_mode`"),
        ("PRAGMA main.synchronous = OFF", "`PRAGMA synchronous`"),
        ("PRAGMA Foreign_Keys = OFF", "`PRAGMA Foreign_Keys`"),
        ("PRAGMA ignore_check_constraints = ON", "`PRAGMA ignore_check_constraints`"),
        ("PRAGMA writable_schema = ON", "`PRAGMA writable_schema`"),
        ("PRAGMA wal_autocheckpoint = 1", "`PRAGMA wal_autocheckpoint`"),
        ("PRAGMA wal_checkpoint", "`PRAGMA wal_checkpoint`"),
        ("PRAGMA wal_checkpoint(TRUNCATE)", "`PRAGMA wal_checkpoint`"),
        ("PRAGMA locking_mode = EXCLUSIVE", "`PRAGMA locking_mode`"),
        ("PRAGMA application_id = 1", "`PRAGMA application_id`"),
        ("PRAGMA query_only = ON", "`PRAGMA query_only`"),
        ("PRAGMA max_page_count = 1", "`PRAGMA max_page_count`"),
        ("ATTACH ':memory:' AS other", "`ATTACH`"),
        ("DETACH other", "`DETACH`"),
        ("SELECT load_extension('none')", "not authorized"),
        ("VACUUM", "VACUUM"),
    ] {
        for way in WAYS {
            let fault = rig.fault(way, sql).await;
            assert_eq!(fault.kind(), FaultKind::Internal, "{sql}: {fault}");
            assert!(fault.to_string().contains(says), "{sql}: {fault}");
        }
    }
    assert_eq!(rig.rows().await, [0]);
    assert_eq!(rig.bus.execute(Add(1)).await.unwrap(), 1);
}

#[tokio::test]
async fn what_is_asked_of_the_connection_is_answered() {
    let rig = warm().await;
    let asked = ["PRAGMA synchronous", "PRAGMA user_version", "PRAGMA foreign_keys", "PRAGMA page_count"];
    let told = ["PRAGMA defer_foreign_keys = ON", "PRAGMA user_version = 7", "PRAGMA table_info(t)", "PRAGMA optimize"];
    for sql in asked.into_iter().chain(told) {
        rig.bus.execute(Say(Way::RunBatch, sql)).await.expect(sql);
    }
    assert_eq!(rig.db.reads().one::<i64>("PRAGMA user_version", ()).await.unwrap(), Some(7));
}
