//! The program as a process.
#![allow(dead_code, reason = "not every test wants all of it")]

pub(crate) mod browser;
#[path = "../../../cqrs-axum/tests/support/client.rs"]
pub(crate) mod client;
pub(crate) mod crowd;
pub(crate) mod served;
pub(crate) mod tools;

use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};
use std::thread;

use serde_json::Value;

/// The program with these arguments, all of its streams in our hands.
pub(crate) fn users<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut users = Command::new(env!("CARGO_BIN_EXE_users"));
    users.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    users
}

/// What it says to this input.
pub(crate) fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>, input: impl Into<Vec<u8>>) -> Output {
    use std::io::Write as _;

    let mut users = users(arguments).spawn().unwrap();
    let (mut stdin, input) = (users.stdin.take().unwrap(), input.into());
    // Written beside: a pipe holds only so much before somebody reads the other one.
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = users.wait_with_output().unwrap();
    // Who is not asked for lines does not read any.
    drop(writer.join().unwrap());
    output
}

/// Its answers, a line each.
pub(crate) fn answers<A: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = A>,
    input: impl Into<Vec<u8>>,
) -> Vec<Value> {
    let output = run(arguments, input);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
