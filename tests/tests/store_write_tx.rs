//! A handler that writes through the store's transaction: what it sees, and what it may not do.
#![cfg(feature = "inventory")]

use std::time::Duration;

use cqrs_core::{Bus, Fault, FaultKind, command, handler};
use cqrs_sqlite::{Sqlite, WriteTx};

const SCHEMA: [(&str, &str); 1] = [("item", "CREATE TABLE item (name TEXT PRIMARY KEY, pieces INTEGER) STRICT")];

async fn on_db<F: Future<Output = ()>>(test: impl FnOnce(Bus, Sqlite) -> F) {
    let directory = tempfile::tempdir().unwrap();
    let options = Sqlite::options(directory.path().join("test.db")).migrations(SCHEMA);
    let db = options.hold_limit(Duration::from_millis(200)).open().await.unwrap();
    test(Bus::builder().store(db.clone()).build(), db).await;
}

async fn items(db: &Sqlite) -> Vec<(String, u32)> {
    db.reads().all("SELECT name, pieces FROM item ORDER BY name", ()).await.unwrap()
}

/// Everything a transaction can do, one after the other.
#[command(output = Vec<(String, u32)>, error = Fault)]
struct Everything;

#[handler]
async fn everything(_: Everything, tx: &mut WriteTx) -> Result<Vec<(String, u32)>, Fault> {
    tx.defer(|conn| conn.execute("INSERT INTO item VALUES ('a', 1)", ()).map(drop)).await?;
    tx.defer_execute("INSERT INTO item VALUES (?, ?)", ("b", 2)).await?;
    // What was put off is there when something asks.
    assert_eq!(tx.one::<u32>("SELECT count(*) FROM item", ()).await?, Some(2));
    assert_eq!(tx.execute("UPDATE item SET pieces = pieces + 1", ()).await?, 2);
    tx.run(|conn| conn.execute("DELETE FROM item WHERE name = 'a'", ())).await?;
    tx.defer_execute("INSERT INTO item VALUES ('c', 3)", ()).await?;
    tx.all("SELECT name, pieces FROM item ORDER BY name", ()).await
}

#[tokio::test]
async fn what_a_call_writes_it_sees_in_order_and_all_of_it_is_committed() {
    on_db(|bus, db| async move {
        let seen = bus.execute(Everything).await.unwrap();
        assert_eq!(seen, [("b".into(), 3), ("c".into(), 3)]);
        assert_eq!(items(&db).await, seen);
    })
    .await;
}

#[command(error = Fault)]
struct Linger;

#[handler]
async fn linger(_: Linger, tx: &mut WriteTx) -> Result<(), Fault> {
    tx.execute("INSERT INTO item VALUES ('a', 1)", ()).await?;
    tokio::time::sleep(Duration::from_millis(600)).await;
    tx.execute("INSERT INTO item VALUES ('b', 1)", ()).await.map(drop)
}

#[tokio::test]
async fn who_holds_the_writer_for_too_long_is_named_and_nothing_of_it_is_left() {
    on_db(|bus, db| async move {
        let error = bus.execute(Linger).await.unwrap_err();
        let fault = error.fault().unwrap();
        assert_eq!(fault.kind(), FaultKind::Timeout);
        assert!(
            fault.to_string().contains("`store_write_tx::linger`") && fault.to_string().contains("200ms"),
            "{fault}"
        );
        assert!(items(&db).await.is_empty());
        assert_eq!(bus.execute(Everything).await.unwrap().len(), 2);
    })
    .await;
}

#[command(error = Fault)]
struct Twice;

#[handler]
async fn twice(_: Twice, tx: &mut WriteTx) -> Result<(), Fault> {
    tx.defer_execute("INSERT INTO item VALUES ('a', 1)", ()).await?;
    tx.defer_execute("INSERT INTO item VALUES ('a', 2)", ()).await
}

#[tokio::test]
async fn a_uniqueness_that_is_broken_is_a_conflict() {
    on_db(|bus, db| async move {
        let error = bus.execute(Twice).await.unwrap_err();
        assert_eq!(error.fault().unwrap().kind(), FaultKind::Conflict);
        assert!(items(&db).await.is_empty());
    })
    .await;
}

/// Begins and ends a transaction of its own.
#[command(error = Fault)]
struct Meddle;

#[handler]
async fn meddle(_: Meddle, tx: &mut WriteTx) -> Result<(), Fault> {
    tx.execute("INSERT INTO item VALUES ('a', 1)", ()).await?;
    tx.run(|conn| conn.execute_batch("COMMIT")).await
}

#[tokio::test]
async fn a_handler_cannot_commit() {
    on_db(|bus, db| async move {
        let error = bus.execute(Meddle).await.unwrap_err();
        assert!(
            error.fault().unwrap().to_string().contains("a handler neither begins nor ends a transaction"),
            "{error}"
        );
        assert!(items(&db).await.is_empty());
    })
    .await;
}
