//! The programs of the package, as processes: one names no crate in which only handlers are, one does.

use std::process::Command;

fn output(program: &str) -> String {
    let output = Command::new(program).output().expect("the program was built");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("the program writes text")
}

const NO_HANDLER: &str = "no handler for the contract `contracts::Refund` (tests/crates/contracts/src/lib.rs:";
const CURE: &str = "`cqrs_core::link!(the_crate);` in the program is the cure";

#[test]
fn a_handler_in_a_crate_that_nobody_names_is_missed_with_the_cure() {
    let output = output(env!("CARGO_BIN_EXE_shop"));
    let report = output.split_once("\nstart: ").expect("a report first").0;
    assert!(report.starts_with("report: one thing is wired wrongly:"), "{output}");
    assert!(report.contains(NO_HANDLER) && report.contains(CURE), "{output}");
    let start = output.split_once("\nstart: ").expect("then the start").1.split_once("\nrefund: ").expect("a refund");
    assert!(start.0.contains(NO_HANDLER) && start.0.contains(CURE), "the bus does not start: {output}");
    assert!(start.1.starts_with(&format!("wiring: {NO_HANDLER}")) && start.1.contains(CURE), "{output}");
    // What is wired gets through: messages of the library and of the program, which are two crates.
    let rest = "\norder: receipt 1\nmade of: settings/ledger/till to 10000\nname: shop\n";
    assert!(output.ends_with(rest), "{output}");
}

#[test]
fn linked_the_same_program_is_sound() {
    assert_eq!(
        output(env!("CARGO_BIN_EXE_shop-linked")),
        "report: everything is wired\nstart: ok\nrefund: 7\norder: receipt 1\n\
         made of: settings/ledger/till to 10000\nname: shop-linked\n"
    );
}
