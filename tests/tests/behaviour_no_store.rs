//! A program whose handlers are written for a store, on a bus that was given none.
#![cfg(feature = "inventory")]

use cqrs_core::{Bus, Fault, FaultKind, WiringProblemKind, command, handler, query};
use cqrs_sqlite::{ReadDb, Sqlite, WriteTx};
use serde::{Deserialize, Serialize};

#[command(error = Fault)]
struct Write;

#[handler]
async fn write(_: Write, _tx: &mut WriteTx) -> Result<(), Fault> {
    Ok(())
}

#[query(error = Fault)]
struct Read;

#[handler]
async fn read(_: Read, _db: &ReadDb) -> Result<(), Fault> {
    Ok(())
}

#[command(error = Fault)]
struct Maintain;

#[handler]
async fn maintain(_: Maintain, _db: &Sqlite) -> Result<(), Fault> {
    Ok(())
}

#[command(error = Fault, idempotent)]
#[derive(Serialize, Deserialize)]
struct Once;

#[handler]
async fn once(_: Once) -> Result<(), Fault> {
    Ok(())
}

#[tokio::test]
async fn the_cure_of_whatever_a_store_provides_is_the_store() {
    let bus = Bus::builder().build();
    let report = bus.verify();
    assert!(report.problems().iter().all(|problem| problem.kind == WiringProblemKind::MissingDependency), "{report}");
    let told: Vec<_> = report.problems().iter().map(|problem| problem.text.as_str()).collect();
    let [ledger, reads, store] = told[..] else { panic!("three problems: {report}") };
    assert!(
        ledger.starts_with("an `idempotent` command keeps its outcomes in a ledger, and there is none"),
        "{ledger}"
    );
    assert!(reads.starts_with("nothing provides `&cqrs_sqlite::ReadDb`"), "{reads}");
    assert!(store.starts_with("nothing provides the store `cqrs_sqlite::Sqlite`"), "{store}");
    for (text, needed_by) in [(ledger, vec!["::Once"]), (reads, vec!["::read"]), (store, vec!["::maintain", "::write"])]
    {
        let cure = text.find("`.store(..)`").unwrap_or_else(|| panic!("the first cure is a store: {text}"));
        assert!(text.find("`#[provide]").is_none_or(|other| cure < other), "{text}");
        assert!(!text.contains("-> cqrs_sqlite::ReadDb"), "{text}");
        let (_, who) = text.split_once("; needed by ").unwrap();
        assert!(needed_by.iter().all(|name| who.contains(name)), "{text}");
    }

    let faults = [
        bus.execute(Once).idempotency_key("k").await.unwrap_err(),
        bus.query(Read).await.unwrap_err(),
        bus.execute(Write).await.unwrap_err(),
    ];
    for (error, problem) in faults.iter().zip([ledger, reads, store]) {
        let fault = error.fault().unwrap();
        assert_eq!(fault.kind(), FaultKind::Wiring);
        assert!(problem.starts_with(fault.detail()), "the call says the same: {fault}");
    }
}
