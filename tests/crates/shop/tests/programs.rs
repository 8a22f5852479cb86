//! The programs of the package, as processes: one names no crate in which only handlers are, one does.

use std::process::Command;

fn output(program: &str) -> String {
    let output = Command::new(program).output().expect("the program was built");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("the program writes text")
}

const CURE: &str = "not linked in, and `cqrs_core::link!(the_crate);` in the program is the cure";

/// What is missed, and who misses it.
const MISSED: [(&str, &str); 3] = [
    ("no handler for the contract `contracts::Refund`", "(tests/crates/contracts/src/lib.rs:"),
    ("nothing provides `&dyn contracts::Courier`", "`shop::who_brings` (tests/crates/shop/src/lib.rs:"),
    ("nothing provides `Box<dyn contracts::Way>` for", "`shop::bring` (tests/crates/shop/src/lib.rs:"),
];

#[test]
fn what_is_in_a_crate_that_nobody_names_is_missed_with_the_cure() {
    let output = output(env!("CARGO_BIN_EXE_shop"));
    let parts: Vec<_> = ["report: ", "\nstart: ", "\nrefund: ", "\nbrings: ", "\nbring: ", "\norder: "]
        .into_iter()
        .scan(output.as_str(), |rest, label| {
            let (before, after) = rest.split_once(label).unwrap_or_else(|| panic!("no `{label}` in {output}"));
            *rest = after;
            Some(before)
        })
        .skip(1)
        .collect();
    let [report, start, faults @ ..] = &parts[..] else { panic!("{output}") };
    assert_eq!(report, start, "the bus does not start, for the same reasons");
    assert!(report.starts_with("3 things are wired wrongly:"), "{output}");
    for ((text, place), fault) in MISSED.into_iter().zip(faults) {
        let problem =
            report.lines().find(|line| line.contains(text)).unwrap_or_else(|| panic!("no `{text}`: {output}"));
        assert!(problem.contains(place) && problem.contains(CURE), "{problem}");
        assert!(fault.starts_with(&format!("wiring: {text}")), "{fault}");
        assert!(fault.contains("/src/lib.rs:") && fault.contains(CURE), "{fault}");
        assert!(place.starts_with('(') || fault.contains(place), "the fault names the handler: {fault}");
    }
    // What is wired gets through: messages of the library and of the program, which are two crates.
    let rest = "\norder: receipt 1\nmade of: settings/ledger/till to 10000\nname: shop\n";
    assert!(output.ends_with(rest), "{output}");
}

#[test]
fn linked_the_same_program_is_sound() {
    assert_eq!(
        output(env!("CARGO_BIN_EXE_shop-linked")),
        "report: everything is wired\nstart: ok\nrefund: 7\nbrings: on foot\nbring: 1\norder: receipt 1\n\
         made of: settings/ledger/till to 10000\nname: shop-linked\n"
    );
}
