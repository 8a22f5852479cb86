//! The program on a database, as a process: restarted, told to end, killed, and given what is no database.

mod program;

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use cqrs_sqlite::rusqlite::Connection;
use program::{answers, run, users};
use serde_json::json;

fn on(path: &Path) -> [&OsStr; 2] {
    ["--db".as_ref(), path.as_os_str()]
}

fn create(name: &str) -> String {
    json!({ "CreateUser": { "name": name, "email": format!("{name}@example.org") } }).to_string()
}

fn rename(id: i64, name: &str) -> String {
    json!({ "UpdateUserName": { "user_id": id, "new_name": name } }).to_string()
}

/// The rows of a table, as id and name.
fn rows(path: &Path, table: &str) -> Vec<(i64, String)> {
    let conn = Connection::open(path).unwrap();
    let mut statement = conn.prepare(&format!("SELECT id, name FROM {table} ORDER BY id")).unwrap();
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn the_sample_gives_what_the_repository_says_and_after_a_restart_goes_on_where_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("users.db");
    let output = run(on(&path), include_bytes!("../data/users.jsonl"));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), include_str!("../data/users.expected.jsonl"));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));

    let told = answers(on(&path), format!("{{\"GetUserById\":{{\"user_id\":1}}}}\n{}\n", create("Barbara")));
    assert_eq!(told[0]["name"], "Grace");
    assert_eq!((&told[1]["id"], &told[1]["name"]), (&json!(4), &json!("Barbara")));
    let all = [(1, "Grace"), (2, "Alan"), (3, "Edsger"), (4, "Barbara")].map(|(id, name)| (id, name.to_owned()));
    assert_eq!(rows(&path, "user"), all);
    assert_eq!(rows(&path, "user_view"), all);
}

/// What is on the way to the read table when the process dies is in the log, and is shown by the next one.
#[test]
fn who_was_answered_is_there_after_a_kill_in_both_tables() {
    let kills = [1, 30, 150].map(|after| thread::spawn(move || killed_after(after)));
    for kill in kills {
        kill.join().unwrap();
    }
}

fn killed_after(answered: usize) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("users.db");
    let mut process = users(on(&path)).spawn().unwrap();
    let mut stdin = process.stdin.take().unwrap();
    // More than it can do before it is killed; then nobody reads any more.
    let writer = thread::spawn(move || {
        for n in 0_i64.. {
            if writeln!(stdin, "{}\n{}", create(&format!("user {n}")), rename(n / 2 + 1, &format!("again {n}")))
                .is_err()
            {
                return;
            }
        }
    });
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut told: Vec<String> = lines.by_ref().take(answered).map(Result::unwrap).collect();
    process.kill().unwrap();
    // What was answered until then counts too; the last line may be torn.
    told.extend(lines.map_while(Result::ok).filter(|line| line.ends_with('}')));
    process.wait().unwrap();
    writer.join().unwrap();
    assert!(told.len() >= answered);

    // Whoever was killed could not give its subscriptions back: they are taken over when its lease is over.
    let list = "{\"ListUsers\":{\"page_size\":1}}\n";
    assert_eq!(answers(on(&path), list.repeat(2)).len(), 2);
    let (written, shown) = (rows(&path, "user"), rows(&path, "user_view"));
    assert_eq!(written, shown);
    for line in told {
        let user: serde_json::Value = serde_json::from_str(&line).unwrap();
        let (id, name) = (user["id"].as_i64().unwrap(), user["name"].as_str().unwrap());
        let (_, now) = written.iter().find(|(known, _)| *known == id).unwrap_or_else(|| panic!("{line} is lost"));
        // Renamed again since, maybe, and never back.
        assert!(number(now) >= number(name) && (now.starts_with("again") || name == now), "{line}, and now {now}");
    }
}

/// The `n` of `user n` and `again n`: a user has a greater one with each name.
fn number(name: &str) -> i64 {
    name.split_once(' ').unwrap().1.parse().unwrap()
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_in_order_and_the_next_one_need_not_wait_for_its_lease() {
    for signal in ["-TERM", "-INT"] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("users.db");
        let mut process = users(on(&path)).spawn().unwrap();
        // Held open: it is the signal that ends it.
        let mut stdin = process.stdin.take().unwrap();
        writeln!(stdin, "{}", create("Ada")).unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        assert!(lines.next().unwrap().unwrap().contains("Ada"));
        let killed = Command::new("kill").args([signal, &process.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert!(within(Duration::from_secs(10), &mut process).success(), "{signal}");

        let began = Instant::now();
        let told = answers(on(&path), format!("{}\n{{\"ListUsers\":{{}}}}\n", create("Alan")));
        assert_eq!(told[1]["users"].as_array().unwrap().len(), 2, "{told:?}");
        assert!(began.elapsed() < Duration::from_secs(5), "it waited for a lease: {:?}", began.elapsed());
    }
}

fn within(limit: Duration, process: &mut Child) -> ExitStatus {
    let until = Instant::now() + limit;
    loop {
        match process.try_wait().unwrap() {
            Some(status) => return status,
            None if Instant::now() < until => thread::sleep(Duration::from_millis(10)),
            None => {
                process.kill().unwrap();
                panic!("it did not end within {limit:?}");
            }
        }
    }
}

#[test]
fn what_is_no_database_is_told_with_its_cure() {
    let directory = tempfile::tempdir().unwrap();
    let (nowhere, text) = (directory.path().join("no/users.db"), directory.path().join("users.txt"));
    std::fs::write(&text, "no database, but a letter to somebody").unwrap();
    for (path, told) in [
        (&*nowhere, "does not exist: create it first"),
        (&*text, "is damaged, or is no SQLite database"),
        (directory.path(), "is no file"),
    ] {
        let output = run(on(path), create("Ada"));
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stdout.is_empty());
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.starts_with("users: ") && error.contains(told), "{error}");
        assert!(error.contains(&*path.to_string_lossy()), "{error}");
    }
    assert_eq!(std::fs::read_to_string(&text).unwrap(), "no database, but a letter to somebody");
    assert!(!nowhere.exists());
}

#[test]
fn a_path_is_asked_for() {
    let output = run(["--db"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("--db <PATH>") && told.contains("--help"), "{told}");
}
