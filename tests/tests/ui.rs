//! What the compiler says of mistakes, and what it has nothing to say about: one rule a file, in `ui`.
//!
//! After a change, `TRYBUILD=overwrite cargo test -p tests --test ui` writes the messages anew; read them as a
//! user would before they are committed. The number in `InCrate<..>` is made of the test program's name, which counts
//! the programs before it: a new file changes it in those behind, and the README shows one of them.
#![cfg(feature = "inventory")]

use std::process::Command;

/// The messages are those of one compiler, the one of rust-toolchain.toml.
const TOOLCHAIN: &str = include_str!("../../rust-toolchain.toml");

#[test]
fn mistakes_do_not_compile_and_the_rest_does() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("rustc runs");
    let version = String::from_utf8_lossy(&version.stdout);
    let pinned = version.split(' ').nth(1).is_some_and(|version| TOOLCHAIN.contains(&format!("\"{version}\"")));
    if !pinned {
        println!("skipped: the messages are those of the compiler in rust-toolchain.toml, and this is {version}");
        return;
    }
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    for folder in ["command", "query", "event", "handler", "provide", "behavior", "problem", "bus"] {
        cases.compile_fail(format!("ui/{folder}/*.rs"));
    }
}
