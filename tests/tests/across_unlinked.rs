//! A program that depends on the crate of a handler and does not name it: rustc leaves the crate out.
#![cfg(feature = "inventory")]

use contracts::{Charge, Paid, Refund};
use cqrs_core::{Bus, FaultKind, StartError, WiringProblemKind};

/// All three contracts of the crate, in the order of their paths, each with its place and the cure.
fn assert_reported(report: &cqrs_core::Report) {
    assert!(!report.is_sound());
    assert_eq!(report.problems().len(), 3, "{report}");
    for (problem, name) in report.problems().iter().zip(["Charge", "Paid", "Refund"]) {
        assert_eq!(problem.kind, WiringProblemKind::NoHandler);
        let place = format!("no handler for the contract `contracts::{name}` (tests/crates/contracts/src/lib.rs:");
        assert!(problem.text.starts_with(&place), "{}", problem.text);
        assert!(problem.text.contains("`cqrs_core::link!(the_crate);`"), "{}", problem.text);
        assert!(report.to_string().contains(&problem.text));
    }
}

#[test]
fn the_report_names_the_contract_and_the_cure() {
    assert_reported(Bus::builder().build().verify());
    assert_reported(Bus::global().verify());
}

/// Whoever has not got as far as a subscriber is told all the same.
#[test]
fn without_a_subscriber_the_report_of_the_global_bus_is_printed() {
    let this = std::env::current_exe().unwrap();
    let test = "the_report_names_the_contract_and_the_cure";
    let output = std::process::Command::new(this).args(["--exact", test, "--nocapture"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stderr).unwrap();
    assert_eq!(printed.matches(&*Bus::builder().build().verify().to_string()).count(), 1, "{printed}");
}

#[tokio::test]
async fn the_bus_does_not_start() {
    match Bus::builder().build().start().await {
        Err(StartError::Wiring(report)) => assert_reported(&report),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_dispatch_is_a_fault_that_says_the_same() {
    for bus in [Bus::builder().build(), Bus::global()] {
        let charge = bus.execute(Charge { customer: 1, cents: 1 }).await.unwrap_err();
        let paid = bus.query(Paid { customer: 1 }).await.unwrap_err();
        let refund = bus.execute(Refund { customer: 1 }).await.unwrap_err();
        let faults = [charge.fault(), paid.fault(), refund.fault()].map(|fault| fault.expect("a fault"));
        for (fault, problem) in faults.into_iter().zip(bus.verify().problems()) {
            assert_eq!(fault.kind(), FaultKind::Wiring);
            assert_eq!(fault.detail(), problem.text);
            assert!(!fault.is_transient());
        }
    }
}

#[tokio::test]
async fn sound_calls_get_through_and_a_stand_in_is_a_cure() {
    let bus = Bus::builder().register(|cmd: Refund| async move { u64::from(cmd.customer) }).build();
    assert_eq!(bus.execute(Refund { customer: 3 }).await.unwrap(), 3);
    let missing: Vec<_> = bus.verify().problems().iter().map(|problem| &problem.text).collect();
    assert!(missing.iter().all(|text| !text.contains("Refund")) && missing.len() == 2, "{missing:?}");
}
