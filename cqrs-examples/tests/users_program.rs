//! The program as a process: what goes in on standard input, and what comes out.

mod program;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Command;

use cqrs_core::testing::assert_wired;
use serde_json::Value;

// The tests name the process and nothing of the library; without this it would not be linked in.
cqrs_core::link!(cqrs_examples);

const NO_ARGUMENTS: [&str; 0] = [];

fn users() -> Command {
    program::users(NO_ARGUMENTS)
}

fn answers(input: impl Into<Vec<u8>>) -> Vec<Value> {
    program::answers(NO_ARGUMENTS, input)
}

/// The one answer to a line that is wrong, and the proof that the program goes on after it.
fn problem(line: impl AsRef<[u8]>) -> (u64, String) {
    let mut input = line.as_ref().to_vec();
    input.extend_from_slice(b"\n{\"ListUsers\":{}}\n");
    let [problem, list] = answers(input).try_into().unwrap();
    assert_eq!(list, serde_json::json!({ "users": [] }));
    for member in ["type", "title"] {
        assert!(problem[member].is_string(), "{problem}");
    }
    (problem["status"].as_u64().unwrap(), problem["detail"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn the_sample_gives_what_the_repository_says() {
    let input = include_bytes!("../data/users.jsonl");
    let expected = include_str!("../data/users.expected.jsonl");
    let output = program::run(NO_ARGUMENTS, input);
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn everything_is_wired() {
    assert_wired!();
    assert!(cqrs_core::Bus::global().catalog().messages.iter().any(|message| message.name == "CreateUser"));
}

#[test]
fn what_cannot_be_read_is_a_bad_request() {
    for (line, told) in [
        ("{", "the line is not JSON: EOF"),
        ("hello", "the line is not JSON: expected value"),
        (r#"{"ListUsers":{}} {"ListUsers":{}}"#, "the line is not JSON: trailing characters"),
        ("{}", "the line is no message: invalid length 0, expected an object with one member"),
        ("null", "the line is no message: invalid type: null, expected an object with one member"),
        ("7", "the line is no message: invalid type: integer `7`"),
        (r#""ListUsers""#, "the line is no message: invalid type: string \"ListUsers\""),
        (r#"["ListUsers"]"#, "the line is no message: invalid type: sequence"),
        (r#"{"ListUsers":{},"ListUsers":{}}"#, "the line is no message: more than one member"),
        (r#"{"CreateUser":{"email":"a@b"}}"#, "`CreateUser` cannot be read from this JSON: missing field `name`"),
        (r#"{"CreateUser":{"name":"a"}}"#, "`CreateUser` cannot be read from this JSON: missing field `email`"),
        (r#"{"CreateUser":null}"#, "`CreateUser` cannot be read from this JSON: invalid type: null"),
        (r#"{"CreateUser":{"name":1,"email":"a@b"}}"#, "`CreateUser` cannot be read from this JSON: invalid type"),
        (
            r#"{"CreateUser":{"name":"","email":"a","e":1}}"#,
            "`CreateUser` cannot be read from this JSON: unknown field",
        ),
        (r#"{"UpdateUserName":{"user_id":1}}"#, "`UpdateUserName` cannot be read from this JSON: missing field"),
        (r#"{"GetUserById":{}}"#, "`GetUserById` cannot be read from this JSON: missing field `user_id`"),
        (r#"{"GetUserById":{"user_id":"1"}}"#, "`GetUserById` cannot be read from this JSON: invalid type"),
        (r#"{"ListUsers":{"page":0}}"#, "`ListUsers` cannot be read from this JSON: a page is at least 1, not 0"),
        (r#"{"ListUsers":{"page":-1}}"#, "`ListUsers` cannot be read from this JSON: invalid value"),
        (r#"{"ListUsers":{"page_size":0}}"#, "`ListUsers` cannot be read from this JSON: a page holds from 1 to 100"),
        (r#"{"ListUsers":{"page_size":101}}"#, "`ListUsers` cannot be read from this JSON: a page holds from 1"),
        (r#"{"CreateUser":{"name":"Ada","email":""}}"#, "email is required"),
    ] {
        let (status, detail) = problem(line);
        assert_eq!(status, 400, "{line}: {detail}");
        assert!(detail.starts_with(told), "{line}: {detail}");
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    for (line, told) in [
        (r#"{"CreatUser":{}}"#, "no message is named `CreatUser`; did you mean `CreateUser`?"),
        (r#"{"listusers":{}}"#, "no message is named `listusers`; did you mean `ListUsers`?"),
        // An event is told, and nobody sends one from outside.
        (r#"{"user.created":{}}"#, "no message is named `user.created`"),
        (r#"{"":{}}"#, "no message is named ``"),
        (r#"{"GetUserById":{"user_id":1}}"#, "user 1 not found"),
        (r#"{"GetUserById":{"user_id":-1}}"#, "user -1 not found"),
        (r#"{"UpdateUserName":{"user_id":1,"new_name":"Grace"}}"#, "user 1 not found"),
    ] {
        let (status, detail) = problem(line);
        assert_eq!(status, 404, "{line}: {detail}");
        assert!(detail.starts_with(told), "{line}: {detail}");
    }
}

#[test]
fn a_line_that_is_not_utf_8_is_a_problem_and_not_the_end() {
    let (status, detail) = problem(b"{\"GetUserById\":{\"user_id\":\"\xff\"}}");
    assert_eq!((status, &*detail), (400, "the line is not UTF-8: byte 28 begins no character"));
}

#[test]
fn blank_lines_are_skipped_and_the_last_line_needs_no_end() {
    let all = answers("\n  \t \r\n{\"ListUsers\":{}}\r\n\n{\"GetUserById\":{\"user_id\":1}}");
    assert_eq!(all.len(), 2);
    assert!(answers("").is_empty());
}

#[test]
fn a_name_may_be_written_with_escapes() {
    assert_eq!(answers(r#" { "List\u0055sers" : { } } "#), [serde_json::json!({ "users": [] })]);
}

#[test]
fn a_huge_line_is_read() {
    let name = "a".repeat(8 << 20);
    let input = format!(r#"{{"CreateUser":{{"name":"{name}","email":"a@b"}}}}"#);
    assert_eq!(answers(input)[0]["name"].as_str().unwrap(), name);
}

#[test]
fn a_line_too_huge_is_refused_and_the_next_one_is_read() {
    let (status, detail) = problem("x".repeat(cqrs_examples::json_lines::LONGEST_LINE + 1));
    assert_eq!((status, &*detail), (413, "the line is longer than 16777216 bytes"));
}

/// Somebody who talks with the program gets each answer before the next question.
#[test]
fn every_answer_comes_at_once() {
    let mut users = users().spawn().unwrap();
    let mut stdin = users.stdin.take().unwrap();
    let mut answers = BufReader::new(users.stdout.take().unwrap()).lines();
    for id in 1..=3 {
        writeln!(stdin, r#"{{"CreateUser":{{"name":"Ada","email":"ada@example.org"}}}}"#).unwrap();
        // Half of the next line is there already.
        write!(stdin, r#"{{"GetUserById":"#).unwrap();
        let created = answers.next().unwrap().unwrap();
        assert!(created.starts_with(&format!(r#"{{"id":{id},"#)), "{created}");
        writeln!(stdin, r#"{{"user_id":{id}}}}}"#).unwrap();
        assert_eq!(answers.next().unwrap().unwrap(), created);
    }
    drop(stdin);
    assert!(users.wait().unwrap().success());
}

#[test]
fn a_closed_output_is_a_quiet_end() {
    let mut users = users().spawn().unwrap();
    let mut stdin = users.stdin.take().unwrap();
    drop(users.stdout.take());
    // Standard input stays open: the program ends because nobody reads, not because nobody writes.
    writeln!(stdin, r#"{{"ListUsers":{{}}}}"#).unwrap();
    let status = users.wait().unwrap();
    let mut told = String::new();
    users.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(status.success(), "{told}");
    assert!(!told.contains("panicked") && !told.contains("users:"), "{told}");
}

#[test]
fn the_catalog_tells_of_every_message() {
    let output = users().arg("--catalog").output().unwrap();
    assert!(output.status.success());
    let catalog = String::from_utf8(output.stdout).unwrap();
    for told in [
        "command CreateUser (wire)\n    Creates a user. The e-mail address is required.\n\n    Under one `Idempotency-Key` a user",
        "command UpdateUserName (wire)\n    Gives a user another name.\n",
        "query GetUserById (wire)\n    Shows one user.\n",
        "query ListUsers (wire)\n    Lists users by id, a page at a time.\n",
        "    route    PUT /users/{user_id}/name\n",
        "event user.created\n",
        "event user.renamed\n",
        "    handled  `cqrs_examples::users::handlers::user_commands::create_user` (",
        "src/users/messages.rs:",
    ] {
        assert!(catalog.contains(told), "{told} is not in:\n{catalog}");
    }
    // What is around a handler, in its order, each with where it was declared.
    let (_, entry) = catalog.split_once("command UpdateUserName (wire)\n").unwrap();
    let through: Vec<_> =
        entry.lines().take_while(|line| line.starts_with("    ")).filter(|line| line.contains("through")).collect();
    for (line, told) in through.iter().zip([
        "authorize (the scope \"users:write\")",
        "timeout (5s)",
        "retry (3 times on conflict, first after 50ms)",
        "behavior (order 10)",
    ]) {
        assert!(line.starts_with(&format!("    through  {told}")) && line.contains(".rs:"), "{line}");
    }
    assert_eq!(through.len(), 4, "{through:#?}");
    assert!(through[3].contains("`cqrs_examples::users::behaviors::log_changes` ("), "{}", through[3]);
}

#[test]
fn help_is_an_answer_and_an_unknown_argument_an_error() {
    let output = users().arg("--help").output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("--catalog"));
    for arguments in [&["--catalogue"][..], &["--catalog", "--all"], &["users.jsonl"], &["--db", "a.db", "b.db"]] {
        let output = users().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(arguments.last().unwrap()) && told.contains("--help"), "{told}");
    }
}
