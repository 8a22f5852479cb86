//! A program that denies by default, as a whole.

#![cfg(feature = "inventory")]

use cqrs_core::{Bus, FaultKind, WiringProblemKind, command, handler, query};

cqrs_core::deny_by_default!();

#[command]
struct Undecided;

#[handler]
fn undecided(_: Undecided) {}

#[query(output = u32, public)]
struct Open;

#[handler]
fn open(_: Open) -> u32 {
    7
}

#[tokio::test]
async fn every_bus_of_the_program_denies() {
    for bus in [Bus::global(), Bus::builder().build()] {
        assert_eq!(bus.execute(Undecided).await.unwrap_err().fault().unwrap().kind(), FaultKind::Wiring);
        assert_eq!(bus.query(Open).await.unwrap(), 7);
        let [problem] = bus.verify().problems() else { panic!("one problem: {}", bus.verify()) };
        assert_eq!(problem.kind, WiringProblemKind::NoAuthorization);
        assert!(problem.text.contains("across_denying::Undecided"), "{}", problem.text);
    }
}
