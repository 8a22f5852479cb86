//! [`ReadDb`]: what a query reads with.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cqrs_core::{Fault, ReadOnly};
use rusqlite::{Connection, Params};
use serde::de::DeserializeOwned;

use crate::faults::{fault_of, is_busy};
use crate::guarded::Guarded;
use crate::readers::{Reader, Readers};
use crate::rows;
use crate::writer::Writer;

/// How long a read waits for a lock; in WAL mode nobody holds one for long.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// The database, to read from: a pool of connections that cannot write, whatever they are told.
///
/// Each call sees what was committed before it began. A struct is read by the names of columns, a tuple by their
/// order, anything else is the row's only column. Integers, reals, text, blobs and NULL are what they are, where
/// `Option` takes NULL; a `bool` is 0 or 1, an enum the text of its variant's name, an id its text or its 16 bytes,
/// and what has a shape of its own, such as a list or a struct, is JSON.
///
/// How a statement is carried out does not depend on what is bound to it, so it is planned once. A search for a prefix
/// that is to use an index is therefore a range, `name >= ? AND name < ?`, and no `LIKE ?` or `GLOB ?`.
///
/// A short read is done on the thread that awaits it, and a long one in a blocking thread. A read whose caller goes
/// away is interrupted.
///
/// ```
/// use cqrs_sqlite::Sqlite;
///
/// #[derive(serde::Deserialize, Debug, PartialEq)]
/// struct User { id: i64, name: String, role: Role, email: Option<String>, tags: Vec<String> }
///
/// #[derive(serde::Deserialize, Debug, PartialEq)]
/// #[serde(rename_all = "lowercase")]
/// enum Role { Reader, Editor }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("users.db");
/// # let sqlite = Sqlite::options(path).migrations([("users", r#"
/// #     CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL, role TEXT, email TEXT, tags TEXT) STRICT;
/// #     INSERT INTO user VALUES (1, 'Ada', 'editor', NULL, '["first"]'), (2, 'Bob', 'reader', NULL, '[]')
/// # "#)]).open().await.unwrap();
/// let db = sqlite.reads();
/// let ada: Option<User> = db.one("SELECT * FROM user WHERE id = ?", (1,)).await.unwrap();
/// let tags = vec!["first".to_owned()];
/// assert_eq!(ada, Some(User { id: 1, name: "Ada".into(), role: Role::Editor, email: None, tags }));
///
/// let names: Vec<(i64, String)> = db.all("SELECT id, name FROM user ORDER BY id", ()).await.unwrap();
/// assert_eq!(names, [(1, "Ada".into()), (2, "Bob".into())]);
///
/// let fault = db.one::<String>("SELECT email FROM user WHERE id = ?", (1,)).await.unwrap_err();
/// assert!(fault.detail().ends_with("column `email`: it holds NULL, and text was asked for; an `Option` takes NULL"));
/// # }
/// ```
#[derive(Clone)]
pub struct ReadDb {
    readers: Arc<Readers>,
    /// How long a read may keep the thread that awaits it.
    budget: Duration,
    /// Keeps the database open: the last connection that could write would remove the write-ahead log as it closes,
    /// and lock readers out meanwhile.
    _open: Writer,
}

impl ReadOnly for ReadDb {}

impl fmt::Debug for ReadDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadDb").finish_non_exhaustive()
    }
}

impl ReadDb {
    pub(crate) fn new(readers: Arc<Readers>, budget: Duration, open: Writer) -> ReadDb {
        ReadDb { readers, budget, _open: open }
    }

    /// The first row that a query finds, if it finds any. The parameters are a tuple, such as `(id,)`, or an array.
    ///
    /// # Errors
    /// A fault: what SQLite says, or a row that is not a `T`.
    pub async fn one<T>(&self, sql: &str, params: impl Params + Clone + Send + 'static) -> Result<Option<T>, Fault>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.read(sql, move |conn, sql| rows::one(conn, sql, params.clone())).await
    }

    /// Every row that a query finds.
    ///
    /// # Errors
    /// A fault: what SQLite says, or a row that is not a `T`.
    pub async fn all<T>(&self, sql: &str, params: impl Params + Clone + Send + 'static) -> Result<Vec<T>, Fault>
    where
        T: DeserializeOwned + Send + 'static,
    {
        self.read(sql, move |conn, sql| rows::all(conn, sql, params.clone())).await
    }

    /// Reads whatever the closure reads, in a blocking thread. All that it reads is of one moment: it runs in a
    /// transaction, and can begin none itself.
    ///
    /// # Errors
    /// A fault: what SQLite says, or the closure's panic.
    ///
    /// ```
    /// # use cqrs_sqlite::Sqlite;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let db = Sqlite::open(directory.path().join("users.db")).await.unwrap().reads();
    /// let pages = db.run(|conn| {
    ///     let count: i64 = conn.query_row("PRAGMA page_count", (), |row| row.get(0))?;
    ///     let size: i64 = conn.query_row("PRAGMA page_size", (), |row| row.get(0))?;
    ///     Ok(count * size)
    /// });
    /// assert!(pages.await.unwrap() > 0);
    /// # }
    /// ```
    pub async fn run<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault>
    where
        T: Send + 'static,
    {
        let reader = self.readers.reader().await?;
        // Where it goes back, what is left of the transaction is rolled back.
        reader.conn()?.own().execute_batch("BEGIN").map_err(|error| fault_of(error, "a read"))?;
        apart(reader, read, || "a read".to_owned()).await
    }

    /// Reads something of the framework's own.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        what: &'static str,
        ask: impl Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.read(what, move |conn, _| ask(conn)).await
    }

    /// Reads on this thread, and if that takes too long, again in a blocking thread.
    async fn read<T: Send + 'static>(
        &self,
        sql: &str,
        read: impl Fn(&Connection, &str) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let reader = self.readers.reader().await?;
        if self.budget.is_zero() {
            let again = sql.to_owned();
            return apart(reader, move |conn| read(conn, &again), || of(sql)).await;
        }
        let until = Instant::now() + self.budget;
        let (result, interrupted) = reader.conn()?.run(Some(until), |conn| read(conn, sql));
        match result {
            Ok(value) => Ok(value),
            // A read has no effect, so nobody sees that it began before. A lock is waited for where that blocks nobody.
            Err(error) if interrupted || is_busy(&error) => {
                let again = sql.to_owned();
                apart(reader, move |conn| read(conn, &again), || of(sql)).await
            }
            Err(error) => Err(fault_of(error, &of(sql))),
        }
    }
}

/// Reads in a blocking thread, for as long as somebody waits for it.
async fn apart<T: Send + 'static>(
    reader: Reader,
    read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    what: impl FnOnce() -> String,
) -> Result<T, Fault> {
    let _abandon = reader.conn()?.abandon();
    let task = tokio::task::spawn_blocking(move || {
        // Caught here, so that the reader outlives its statements and goes back.
        let result = catch_unwind(AssertUnwindSafe(|| reader.conn().map(|conn| patiently(conn, read))));
        drop(reader);
        result.unwrap_or_else(|payload| resume_unwind(payload))
    });
    match task.await {
        Ok(result) => result?.map_err(|error| fault_of(error, &what())),
        Err(error) if error.is_panic() => Err(Fault::panic("a read", &*error.into_panic())),
        Err(error) => Err(Fault::unavailable("the runtime shuts down, and a read with it").caused_by(error)),
    }
}

/// Reads, and waits for a lock such as of a process that repairs the write-ahead log after another's crash.
fn patiently<T>(conn: &Guarded, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    conn.own().busy_timeout(LOCK_WAIT)?;
    let result = conn.run(None, read).0;
    conn.own().busy_timeout(Duration::ZERO)?;
    result
}

/// What was read, as far as a fault tells.
fn of(sql: &str) -> String {
    const SHOWN: usize = 120;
    let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    match sql.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("the read `{}..`", &sql[..end]),
        None => format!("the read `{sql}`"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rusqlite::Connection;

    use super::ReadDb;
    use crate::readers::Readers;
    use crate::writer::{Writer, WriterOptions};

    #[tokio::test]
    async fn a_lock_is_waited_for_where_that_blocks_nobody() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("test.db");
        // Without a write-ahead log a writer locks readers out.
        let other = Connection::open(&path).unwrap();
        other.execute_batch("CREATE TABLE t (id INTEGER); BEGIN EXCLUSIVE; INSERT INTO t VALUES (1)").unwrap();
        let writer = Writer::spawn(Connection::open(&path).unwrap(), &path, WriterOptions::default()).unwrap();
        let db = ReadDb::new(Readers::open(&path, 1).unwrap(), Duration::from_millis(1), writer);
        let read = tokio::spawn(async move { db.one::<i64>("SELECT id FROM t", ()).await });
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!read.is_finished());
        other.execute_batch("COMMIT").unwrap();
        assert_eq!(read.await.unwrap().unwrap(), Some(1));
    }
}
