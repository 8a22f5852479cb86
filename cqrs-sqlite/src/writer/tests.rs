//! The writer as its callers see it.

use rusqlite::Connection;

use super::{JobResult, Wait, Writer, WriterOptions};
use crate::faults::fault_of;

/// A database with a table `t`, its writer, and a connection that looks at it from outside.
struct Rig {
    _directory: tempfile::TempDir,
    path: std::path::PathBuf,
    writer: Writer,
    outside: Connection,
}

fn rig(options: WriterOptions) -> Rig {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.db");
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT")
        .unwrap();
    let outside = Connection::open(&path).unwrap();
    Rig { writer: Writer::spawn(conn, &path, options).unwrap(), _directory: directory, path, outside }
}

impl Rig {
    fn names(&self) -> Vec<String> {
        let mut statement = self.outside.prepare("SELECT name FROM t ORDER BY id").unwrap();
        statement.query_map((), |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }
}

fn insert(name: &str) -> impl FnMut(&Connection) -> JobResult<i64> + Send + 'static {
    let name = name.to_owned();
    move |conn| {
        conn.execute("INSERT INTO t (name) VALUES (?)", (&name,)).map_err(|error| fault_of(error, "an insert"))?;
        Ok(conn.last_insert_rowid())
    }
}

#[tokio::test]
async fn a_write_is_there_when_it_is_answered() {
    let rig = rig(WriterOptions::default());
    assert_eq!(rig.writer.write(Wait::default(), insert("a")).await.unwrap(), 1);
    assert_eq!(rig.names(), ["a"]);
}

#[tokio::test]
async fn a_session_sees_its_own_writes_and_nobody_else_does() {
    let rig = rig(WriterOptions::default());
    let mut session = rig.writer.session(Wait::default(), "a test").await.unwrap();
    session.run(|conn| conn.execute("INSERT INTO t (name) VALUES ('a')", ())).await.unwrap();
    let count = |conn: &Connection| conn.query_row("SELECT count(*) FROM t", (), |row| row.get::<_, i64>(0));
    assert_eq!(session.run(count).await.unwrap(), 1);
    assert_eq!(count(&rig.outside).unwrap(), 0);
    session.finish(|_| Ok(())).await.unwrap();
    assert_eq!(rig.names(), ["a"]);
}
