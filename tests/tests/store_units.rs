//! A bus has one store, and a call one unit of work.
#![cfg(feature = "inventory")]

mod store;

use cqrs_core::{Bus, Events, FaultKind, InMemoryStore, InMemoryUnit, StartError, command, event, handler};
use serde::{Deserialize, Serialize};
use store::on_sqlite;

const NONE: [(&str, &str); 0] = [];

#[event]
#[derive(Clone, Serialize, Deserialize)]
struct Gone;

#[command]
struct Elsewhere;

#[handler]
fn elsewhere(_: Elsewhere, unit: &mut InMemoryUnit, events: &mut Events) {
    unit.on_commit(|| ());
    events.raise(Gone);
}

#[tokio::test]
async fn what_would_be_kept_by_one_store_and_written_in_another_is_refused() {
    on_sqlite(NONE, |db| async move {
        let bus = Bus::builder().store(db).build();
        let error = bus.execute(Elsewhere).await.unwrap_err();
        let fault = error.fault().unwrap();
        assert_eq!(fault.kind(), FaultKind::Wiring);
        assert!(fault.to_string().contains("a call has one unit of work"), "{fault}");
        assert!(bus.log().read_all(None, 1).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_report_tells_of_a_second_store() {
    on_sqlite(NONE, |db| async move {
        let bus = Bus::builder().provide(db).provide(InMemoryStore::default()).build();
        let report = bus.verify().to_string();
        assert!(report.contains("a bus keeps its events in one store, and two are provided"), "{report}");
        assert!(report.contains("`cqrs_core::InMemoryStore` and `cqrs_sqlite::Sqlite`"), "{report}");
        assert!(matches!(bus.start().await, Err(StartError::Wiring(_))));
    })
    .await;
}

#[tokio::test]
async fn the_report_tells_of_units_that_are_not_the_stores() {
    on_sqlite(NONE, |db| async move {
        let bus = Bus::builder().store(db).build();
        let report = bus.verify().to_string();
        assert!(report.contains("::elsewhere`") && report.contains("a call has one unit of work"), "{report}");
        assert!(matches!(bus.start().await, Err(StartError::Wiring(_))));
    })
    .await;
}

#[command]
struct Here;

#[handler]
fn here(_: Here, events: &mut Events) {
    events.raise(Gone);
}

#[tokio::test]
async fn the_store_that_a_builder_is_given_wins_over_those_that_are_provided() {
    on_sqlite(NONE, |db| async move {
        let bus = Bus::builder().store(db.clone()).provide(InMemoryStore::default()).build();
        bus.execute(Here).await.unwrap();
        let kept = Bus::builder().store(db).build().log().read_all(None, 9).await.unwrap();
        assert_eq!(kept.len(), 1);
    })
    .await;
}
