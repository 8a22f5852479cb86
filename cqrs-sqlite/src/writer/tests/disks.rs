//! Disks that are slow to keep what they are given, or do not keep it: `fdatasync` is held back, and fails.
//!
//! A process that is killed proves nothing here, since what it wrote is still in memory of the system.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use cqrs_core::{Effect, FaultKind};
use rusqlite::{Connection, ErrorCode, ffi};

use super::{Wait, Writer, WriterOptions, insert};
use crate::sqlite_error;

/// Stands before the system's own: waits while there is a file `hold` in the directory, fails while there is `fail`.
const SHIM: &str = r#"
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <errno.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <unistd.h>

    static int told(const char *name) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", getenv("CQRS_SQLITE_DISK"), name);
        return access(path, F_OK) == 0;
    }

    static int keep(const char *name, int file) {
        while (told("hold")) usleep(1000);
        if (told("fail")) { errno = EIO; return -1; }
        int (*real)(int) = dlsym(RTLD_NEXT, name);
        return real(file);
    }

    int fsync(int file) { return keep("fsync", file); }
    int fdatasync(int file) { return keep("fdatasync", file); }
"#;

const DIRECTORY: &str = "CQRS_SQLITE_DISK";

/// Runs a test of this module again, on a disk of which the directory is told.
fn on_a_disk(test: &str) -> Output {
    let directory = tempfile::tempdir().unwrap();
    let (source, shim) = (directory.path().join("shim.c"), directory.path().join("shim.so"));
    std::fs::write(&source, SHIM).unwrap();
    // There is a compiler of C: SQLite was compiled.
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&shim).arg(&source).arg("-ldl").output();
    let compiled = compiled.unwrap();
    assert!(compiled.status.success(), "{compiled:?}");
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("writer::tests::disks::{test}"), "--nocapture"])
        .env(DIRECTORY, directory.path())
        .env("LD_PRELOAD", &shim)
        .output()
        .unwrap()
}

/// The directory of the disk, in the process that runs on it; elsewhere the test runs there.
fn disk(test: &str) -> Option<PathBuf> {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        return Some(directory.into());
    }
    let output = on_a_disk(test);
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("to its end"), "{output:?}");
    None
}

/// The test came to its end, in the process that was to run it.
fn done() {
    println!("the test came to its end");
}

fn writer(directory: &Path) -> (Writer, Connection) {
    let path = directory.join("test.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT",
    )
    .unwrap();
    let outside = Connection::open(&path).unwrap();
    (Writer::spawn(conn, &path, WriterOptions::default()).unwrap(), outside)
}

#[tokio::test]
async fn nothing_is_answered_before_the_disk_keeps_it() {
    let Some(directory) = disk("nothing_is_answered_before_the_disk_keeps_it") else { return };
    let (writer, _) = writer(&directory);
    std::fs::write(directory.join("hold"), "").unwrap();
    let start = Instant::now();
    let write = tokio::spawn(async move { writer.write(Wait::default(), insert("a")).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!write.is_finished());
    std::fs::remove_file(directory.join("hold")).unwrap();
    write.await.unwrap().unwrap();
    assert!(start.elapsed() >= Duration::from_millis(300));
    done();
}

#[tokio::test]
async fn what_the_disk_failed_to_keep_is_of_unknown_outcome_and_the_writer_goes_on() {
    let test = "what_the_disk_failed_to_keep_is_of_unknown_outcome_and_the_writer_goes_on";
    let Some(directory) = disk(test) else { return };
    let (writer, outside) = writer(&directory);
    writer.write(Wait::default(), insert("before")).await.unwrap();
    std::fs::write(directory.join("fail"), "").unwrap();
    for name in ["a", "b"] {
        let fault = writer.write(Wait::default(), insert(name)).await.unwrap_err();
        assert_eq!((fault.kind(), fault.effect()), (FaultKind::OutcomeUnknown, Effect::Unknown), "{fault:?}");
        assert_eq!(sqlite_error(&fault).unwrap().sqlite_error_code(), Some(ErrorCode::SystemIoFailure));
        assert_eq!(crate::faults::extended_code(&fault), Some(ffi::SQLITE_IOERR_FSYNC));
    }
    std::fs::remove_file(directory.join("fail")).unwrap();
    writer.write(Wait::default(), insert("after")).await.unwrap();
    let mut names = outside.prepare("SELECT name FROM t ORDER BY id").unwrap();
    let names: Vec<String> = names.query_map((), |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(names, ["before", "after"]);
    done();
}
