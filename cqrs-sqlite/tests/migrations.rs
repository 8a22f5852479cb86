//! The application's own schema.

mod common;

use common::Directory;
use cqrs_sqlite::{Migration, OpenError, Sqlite};

const USERS: (&str, &str) = ("users", "CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT");
const ADA: (&str, &str) = ("ada", "INSERT INTO user (name) VALUES ('Ada')");
const BOB: (&str, &str) = ("bob", "INSERT INTO user (name) VALUES ('Bob')");

async fn open(directory: &Directory, migrations: &[(&'static str, &'static str)]) -> Result<Sqlite, OpenError> {
    Sqlite::options(directory.database()).migrations(migrations).open().await
}

async fn names(sqlite: &Sqlite) -> Vec<String> {
    sqlite.reads().all("SELECT name FROM user ORDER BY id", ()).await.unwrap()
}

#[tokio::test]
async fn each_is_applied_once_and_in_order() {
    let directory = Directory::new();
    assert_eq!(names(&open(&directory, &[USERS, ADA]).await.unwrap()).await, ["Ada"]);
    assert_eq!(names(&open(&directory, &[USERS, ADA]).await.unwrap()).await, ["Ada"]);
    assert_eq!(names(&open(&directory, &[USERS, ADA, BOB]).await.unwrap()).await, ["Ada", "Bob"]);
}

#[tokio::test]
async fn they_are_told_in_several_ways() {
    let directory = Directory::new();
    let sqlite = Sqlite::options(directory.database())
        .migrations([USERS].iter())
        .migrations([Migration::new("ada", ADA.1)])
        .migrations(vec![(BOB.0.to_owned(), BOB.1.to_owned())])
        .migrations(&[Migration::new("eve", "INSERT INTO user (name) VALUES ('Eve')")])
        .open()
        .await
        .unwrap();
    assert_eq!(names(&sqlite).await, ["Ada", "Bob", "Eve"]);
}

#[tokio::test]
async fn one_that_was_changed_is_refused() {
    let directory = Directory::new();
    open(&directory, &[USERS, ADA]).await.unwrap();
    let error = open(&directory, &[USERS, ("ada", BOB.1)]).await.unwrap_err();
    assert!(matches!(&error, OpenError::ChangedMigration { name, .. } if name == "ada"), "{error:?}");
    assert!(error.to_string().contains("`ada`") && error.to_string().contains("put its text back"), "{error}");
}

#[tokio::test]
async fn what_lines_end_with_does_not_count() {
    let directory = Directory::new();
    open(&directory, &[("users", "CREATE TABLE user (\n id INTEGER)")]).await.unwrap();
    open(&directory, &[("users", "CREATE TABLE user (\r\n id INTEGER)")]).await.unwrap();
}

#[tokio::test]
async fn one_that_is_missing_is_refused() {
    let directory = Directory::new();
    open(&directory, &[USERS, ADA]).await.unwrap();
    for migrations in [&[USERS][..], &[], &[USERS, BOB]] {
        let error = open(&directory, migrations).await.unwrap_err();
        let missing = if migrations.is_empty() { "users" } else { "ada" };
        assert!(matches!(&error, OpenError::MissingMigration { name, .. } if name == missing), "{error:?}");
    }
    // Nothing of a wrong list is applied.
    assert_eq!(names(&open(&directory, &[USERS, ADA]).await.unwrap()).await, ["Ada"]);
}

#[tokio::test]
async fn another_order_is_refused() {
    let directory = Directory::new();
    open(&directory, &[USERS, ADA]).await.unwrap();
    let error = open(&directory, &[USERS, BOB, ADA]).await.unwrap_err();
    let is = matches!(&error, OpenError::ReorderedMigration { name, applied, .. } if (&**name, &**applied) == ("bob", "ada"));
    assert!(is, "{error:?}");
}

#[tokio::test]
async fn two_of_one_name_are_refused() {
    let directory = Directory::new();
    let error = open(&directory, &[USERS, ADA, ADA]).await.unwrap_err();
    assert!(matches!(&error, OpenError::TwoMigrations { name } if name == "ada"), "{error:?}");
}

#[tokio::test]
async fn nothing_of_one_that_fails_is_left() {
    let directory = Directory::new();
    let broken = ("broken", "INSERT INTO user (name) VALUES ('Eve'); INSERT INTO user (nam) VALUES ('Mallory')");
    let error = open(&directory, &[USERS, ADA, broken, BOB]).await.unwrap_err();
    assert!(matches!(&error, OpenError::FailedMigration { name, .. } if name == "broken"), "{error:?}");
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("nam"), "{error:?}");
    // Those before it are.
    assert_eq!(names(&open(&directory, &[USERS, ADA]).await.unwrap()).await, ["Ada"]);
}

#[tokio::test]
async fn one_that_ends_its_transaction_is_refused() {
    for sql in ["INSERT INTO user (name) VALUES ('Eve'); COMMIT", "BEGIN; SELECT 1; COMMIT", "SELECT 1; ROLLBACK"] {
        let directory = Directory::new();
        let error = open(&directory, &[USERS, ("ending", sql)]).await.unwrap_err();
        assert!(matches!(&error, OpenError::TransactionInMigration { name, .. } if name == "ending"), "{error:?}");
        assert!(names(&open(&directory, &[USERS]).await.unwrap()).await.is_empty());
    }
}

#[tokio::test]
async fn what_only_the_framework_does_is_refused() {
    for (sql, says) in [
        ("INSERT INTO user (name) VALUES ('Eve'); DELETE FROM cq_event", "`cq_event`"),
        ("DROP TABLE cq_outbox", "`cq_outbox`"),
        ("ALTER TABLE cq_audit ADD COLUMN mine", "`cq_audit`"),
        ("CREATE INDEX mine ON cq_audit (actor)", "`cq_audit`"),
        ("CREATE TRIGGER mine AFTER INSERT ON cq_event BEGIN SELECT 1; END", "`cq_event`"),
        ("UPDATE cq_migration SET checksum = ''", "`cq_migration`"),
        ("CREATE TABLE cq_mine (id INTEGER)", "`cq_mine`"),
        ("SAVEPOINT cq_job", "`cq_job`"),
        ("PRAGMA writable_schema = ON", "`PRAGMA writable_schema`"),
        ("PRAGMA journal_mode = DELETE", "`PRAGMA journal_mode`"),
        ("PRAGMA application_id = 1", "`PRAGMA application_id`"),
        ("ATTACH ':memory:' AS other", "`ATTACH`"),
    ] {
        let directory = Directory::new();
        let error = open(&directory, &[USERS, ("mine", sql)]).await.unwrap_err();
        assert!(matches!(&error, OpenError::RefusedInMigration { name, .. } if name == "mine"), "{sql}: {error:?}");
        assert!(error.to_string().contains(says) && error.to_string().contains("was refused"), "{error}");
        assert!(names(&open(&directory, &[USERS]).await.unwrap()).await.is_empty());
    }
}

#[tokio::test]
async fn tables_of_the_framework_are_read_and_references_are_off() {
    let directory = Directory::new();
    let mine = (
        "mine",
        "PRAGMA foreign_keys = OFF;
         CREATE VIEW trail AS SELECT command, outcome FROM cq_audit;
         CREATE TABLE place AS SELECT max(position) AS last FROM cq_event;
         SAVEPOINT mine; INSERT INTO user (name) VALUES ('Eve'); RELEASE mine;
         PRAGMA user_version = 3;
         PRAGMA foreign_keys = ON",
    );
    let sqlite = open(&directory, &[USERS, mine]).await.unwrap();
    assert_eq!(names(&sqlite).await, ["Eve"]);
    assert_eq!(sqlite.reads().one::<i64>("SELECT count(*) FROM trail", ()).await.unwrap(), Some(0));
}

#[tokio::test]
async fn a_table_can_be_made_anew_although_others_refer_to_it() {
    let directory = Directory::new();
    let posts = (
        "posts",
        "CREATE TABLE post (author INTEGER NOT NULL REFERENCES user ON DELETE CASCADE) STRICT;
         INSERT INTO post (author) SELECT id FROM user",
    );
    let anew = (
        "anew",
        "CREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT) STRICT;
         INSERT INTO new (id, name) SELECT id, name FROM user;
         DROP TABLE user;
         ALTER TABLE new RENAME TO user",
    );
    let sqlite = open(&directory, &[USERS, ADA, posts, anew]).await.unwrap();
    assert_eq!(sqlite.reads().one::<i64>("SELECT count(*) FROM post", ()).await.unwrap(), Some(1));
}

#[tokio::test]
async fn references_to_nothing_are_refused() {
    let directory = Directory::new();
    let posts = (
        "posts",
        "CREATE TABLE post (author INTEGER NOT NULL REFERENCES user) STRICT; INSERT INTO post (author) VALUES (99)",
    );
    let error = open(&directory, &[USERS, posts]).await.unwrap_err();
    let is =
        matches!(&error, OpenError::BrokenReferences { name, table, .. } if (&**name, &**table) == ("posts", "post"));
    assert!(is, "{error:?}");
    open(&directory, &[USERS]).await.unwrap();
}
