//! Two crates handle one contract, and two messages have one name.
#![cfg(feature = "inventory")]

use contracts::{Charge, Paid, Receipt};
use cqrs_core::{Bus, FaultKind, Report, StartError, WiringProblemKind};
use twice::OrderAgain;

cqrs_core::link!(shop, unnamed);

/// Where the only line of a workspace's file that holds `text` stands, as the report writes it.
fn place(path: &str, file: &str, text: &str) -> String {
    let source = std::fs::read_to_string(format!("{}/../{file}", env!("CARGO_MANIFEST_DIR"))).expect("it is there");
    let mut lines = source.lines().enumerate().filter(|(_, line)| line.starts_with(text));
    let (line, _) = lines.next().unwrap_or_else(|| panic!("`{text}` is not in {file}"));
    assert!(lines.next().is_none(), "`{text}` is in {file} twice");
    // Lines are counted from 1.
    format!("`{path}` ({file}:{})", line + 1)
}

fn assert_reported(report: &Report) {
    let kinds: Vec<_> = report.problems().iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [WiringProblemKind::SecondHandler, WiringProblemKind::SameName], "{report}");
    let (handlers, names) = (&report.problems()[0].text, &report.problems()[1].text);
    for (path, file, text) in [
        ("billing::charge", "tests/crates/billing/src/lib.rs", "async fn charge("),
        ("twice::charge_again", "tests/crates/twice/src/lib.rs", "fn charge_again("),
    ] {
        assert!(handlers.contains(&place(path, file, text)), "{handlers}");
    }
    assert!(handlers.starts_with("the contract `contracts::Charge` (tests/crates/contracts/src/lib.rs:"), "{handlers}");
    assert!(handlers.find("billing::charge") < handlers.find("twice::charge_again"), "by path: {handlers}");
    assert!(names.starts_with("two messages are named `shop.order`: `shop::Order` (tests/crates/shop/"), "{names}");
    assert!(names.contains("`twice::OrderAgain` (tests/crates/twice/src/lib.rs:"), "{names}");
}

#[test]
fn both_are_reported_with_both_places() {
    assert_reported(Bus::builder().build().verify());
}

#[tokio::test]
async fn the_bus_does_not_start() {
    match Bus::builder().build().start().await {
        Err(StartError::Wiring(report)) => assert_reported(&report),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn neither_handler_runs() {
    let bus = Bus::builder().build();
    let error = bus.execute(Charge { customer: 1, cents: 1 }).await.unwrap_err();
    let fault = error.fault().expect("a fault");
    assert_eq!(fault.kind(), FaultKind::Wiring);
    assert_eq!(fault.detail(), bus.verify().problems()[0].text);
    assert_eq!(bus.query(Paid { customer: 1 }).await.unwrap(), 0, "neither has noted a payment");
}

#[tokio::test]
async fn neither_message_is_reached_by_the_name() {
    let bus = Bus::builder().build();
    let error = bus.dispatch_json("shop.order", b"null").await.unwrap_err();
    assert_eq!(error.fault().map(cqrs_core::Fault::kind), Some(FaultKind::Wiring), "{error}");
    bus.execute(OrderAgain).await.expect("as a value it is reached");
}

#[tokio::test]
async fn a_stand_in_ends_the_quarrel() {
    let bus = Bus::builder().register(|_: Charge| async { Ok(Receipt { number: 42 }) }).build();
    assert_eq!(bus.execute(Charge { customer: 1, cents: 1 }).await.unwrap(), Receipt { number: 42 });
    let kinds: Vec<_> = bus.verify().problems().iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [WiringProblemKind::SameName]);
}
