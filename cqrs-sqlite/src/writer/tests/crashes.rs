//! Processes that end on their way through a write.

use std::path::PathBuf;
use std::process::{Command, Output};

use rusqlite::Connection;

use super::{Wait, Writer, WriterOptions, insert};
use crate::fail_points::FAIL_POINTS;

const DATABASE: &str = "CQRS_SQLITE_CRASH_DATABASE";

/// Writes a row, in a process that is to end at this point.
fn crash(database: &PathBuf, at: &str) -> Output {
    let test = "writer::tests::crashes::a_write_is_there_as_a_whole_wherever_the_process_ends";
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(DATABASE, database)
        .env("CQRS_SQLITE_ABORT_AT", at)
        .output()
        .unwrap()
}

#[tokio::test]
async fn a_write_is_there_as_a_whole_wherever_the_process_ends() {
    if let Some(database) = std::env::var_os(DATABASE) {
        let path = PathBuf::from(database);
        let writer = Writer::spawn(Connection::open(&path).unwrap(), &path, WriterOptions::default()).unwrap();
        let (mut one, mut two) = (insert("a"), insert("b"));
        let write = writer.write(Wait::default(), move |conn| {
            one(conn)?;
            two(conn)
        });
        write.await.unwrap();
        println!("it was answered");
        // The thread passes its last point after the answer.
        std::thread::sleep(std::time::Duration::from_millis(500));
        return;
    }
    let committed = FAIL_POINTS.iter().position(|point| *point == "commit.after").unwrap();
    // The others are those of what a store writes, which a test of the whole walks.
    let of_the_writer = |point: &str| {
        ["begin", "job", "release", "commit", "replies"].iter().any(|step| point.split('.').next() == Some(step))
    };
    for (place, point) in FAIL_POINTS.iter().enumerate().filter(|(_, point)| of_the_writer(point)) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)").unwrap();
        let output = crash(&path, point);
        assert!(!output.status.success(), "{point}: {output:?}");
        let rows: i64 = conn.query_row("SELECT count(*) FROM t", (), |row| row.get(0)).unwrap();
        assert_eq!(rows, if place < committed { 0 } else { 2 }, "{point}");
        let answered = String::from_utf8_lossy(&output.stdout).contains("it was answered");
        assert!(!answered || rows == 2, "{point}");

        let output = crash(&path, &format!("{point}:1000"));
        assert!(output.status.success(), "{point}: {output:?}");
    }
}
