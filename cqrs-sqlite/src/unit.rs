//! [`SqliteUnit`]: the transaction of one call, and [`WriteTx`], through which a handler writes in it.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use cqrs_core::{Deadline, Fault, FaultKind, FromScope, Opening, Records, Resource, Scope, UnitOfWork};
use rusqlite::{Connection, Params};
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use crate::faults::{fault_of, told};
use crate::guarded::Transaction;
use crate::rows;
use crate::sqlite::Sqlite;
use crate::store::{self, Ready};
use crate::writer::{Ended, Session, Wait, Writing};

/// The unit of work of a call whose store is an [`Sqlite`]. A bus opens and commits one for each call.
///
/// The test of a handler or a repository does the same without a bus:
///
/// ```
/// use cqrs_sqlite::{Sqlite, SqliteUnit};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("notes.db");
/// let db = Sqlite::options(path).migrations([("notes", "CREATE TABLE note (text TEXT NOT NULL) STRICT")]).open().await?;
/// let unit = SqliteUnit::begin(&db);
/// let mut tx = unit.write_tx();
/// tx.execute("INSERT INTO note (text) VALUES (?)", ("milk",)).await?;
/// unit.commit().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct SqliteUnit(Arc<Tx>);

impl SqliteUnit {
    /// A unit of work outside of a bus. When it is dropped, nothing is left of it.
    #[must_use = "nothing is left of what is written in it once it is dropped"]
    pub fn begin(db: &Sqlite) -> Self {
        SqliteUnit(Arc::new(Tx { db: db.clone(), state: Mutex::default() }))
    }

    /// What a handler or a repository writes through.
    #[must_use]
    pub fn write_tx(&self) -> WriteTx {
        WriteTx { tx: self.0.clone(), who: Cow::Borrowed("a transaction outside of a bus"), deadline: None }
    }

    /// Commits what was written, as a bus does after the handler's success.
    ///
    /// # Errors
    /// What SQLite says, as a fault; nothing happened, unless it says that nobody knows.
    pub async fn commit(self) -> Result<(), Fault> {
        UnitOfWork::commit(self, &Records::default()).await
    }
}

struct Tx {
    db: Sqlite,
    state: Mutex<State>,
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("db", &self.db).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct State {
    /// What is put off until the commit.
    deferred: Vec<Deferred>,
    /// The writer, while this call holds it.
    session: Option<Session>,
    /// Why something failed that was put off: nothing of the call is kept then, whatever its handler makes of it.
    failed: Arc<OnceLock<(FaultKind, String)>>,
    /// Whether the call is over.
    ended: bool,
}

type Deferred = Box<dyn FnMut(&Connection) -> rusqlite::Result<()> + Send>;

impl UnitOfWork for SqliteUnit {
    type Store = Sqlite;

    async fn open(store: &Arc<Sqlite>) -> Result<Self, Fault> {
        Ok(SqliteUnit::begin(store))
    }

    async fn commit(self, records: &Records) -> Result<(), Fault> {
        let ready = Ready::new(records.changes()?, self.0.db.keeping())?;
        let State { mut deferred, session, failed, .. } = self.0.end().await;
        let mut job = move |conn: &Writing<'_>| {
            if let Some((kind, text)) = failed.get() {
                return Err(Fault::new(*kind, format!("a statement that was put off has failed: {text}")));
            }
            for deferred in &mut deferred {
                conn.foreign(deferred)
                    .map_err(|error| fault_of(error, "a statement that was put off until the commit"))?;
            }
            if conn.transaction() != Transaction::Open {
                return Err(Ended::Lost.fault("a write"));
            }
            store::write(conn, &ready)
        };
        match session {
            Some(session) => session.finish(job).await,
            None => self.0.db.writer().submit(Wait::default(), move |conn| job(conn)).await,
        }
    }
}

/// Nothing of it is left, whoever has kept a [`WriteTx`].
impl Drop for SqliteUnit {
    fn drop(&mut self) {
        if let Ok(mut state) = self.0.state.try_lock() {
            *state = State { ended: true, ..State::default() };
        }
    }
}

impl Tx {
    /// Takes what there is: from now on nothing is written any more.
    async fn end(&self) -> State {
        std::mem::replace(&mut *self.state.lock().await, State { ended: true, ..State::default() })
    }
}

/// What a handler writes through: the application's own SQL, in the transaction of the call.
///
/// A handler takes it as `&mut WriteTx`, and the provider of a repository by value: `#[provide] fn orders(tx: WriteTx) ->
/// Box<dyn Orders>`. What is written is committed with the call's events, outbox and outcome, or none of it is: whoever
/// writes cannot commit, and does not compile:
///
/// ```compile_fail,E0599
/// # use cqrs_sqlite::WriteTx;
/// struct Orders { tx: WriteTx }
///
/// impl Orders {
///     async fn save(self) {
///         self.tx.commit().await.unwrap();
///     }
/// }
/// ```
///
/// There are two ways to write. What is [put off](WriteTx::defer) until the commit needs nothing of the database before
/// that, and shares its commit with other calls. [`run`](WriteTx::run), [`one`](WriteTx::one), [`all`](WriteTx::all) and
/// [`execute`](WriteTx::execute) see what the call has written; from the first of them on the call holds the one writer of
/// the database, for at most the [limit](crate::Options::hold_limit): do what is slow before.
///
/// Its SQL is about the application's own tables. What begins or ends the transaction, sets something of the connection,
/// attaches a file, or changes a table of the framework (`cq_..`) is refused, in whichever of these ways it is said, with
/// a fault that names it and says what to do instead. The framework's tables may be read, and savepoints of any other
/// name than `cq_..` are the handler's own.
///
/// ```
/// use cqrs_core::{Bus, Fault, command, handler, query};
/// use cqrs_sqlite::{ReadDb, Sqlite, WriteTx};
///
/// #[command(output = i64, error = Fault)]
/// struct AddNote { text: String }
///
/// #[handler]
/// async fn add_note(cmd: AddNote, tx: &mut WriteTx) -> Result<i64, Fault> {
///     let id = tx.one("INSERT INTO note (text) VALUES (?) RETURNING id", (cmd.text,)).await?;
///     id.ok_or_else(|| Fault::internal("a note has no id"))
/// }
///
/// #[query(output = Vec<String>, error = Fault)]
/// struct Notes;
///
/// #[handler]
/// async fn notes(_: Notes, db: &ReadDb) -> Result<Vec<String>, Fault> {
///     db.all("SELECT text FROM note ORDER BY id", ()).await
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("notes.db");
/// let schema = [("notes", "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")];
/// let db = Sqlite::options(path).migrations(schema).open().await.unwrap();
/// let bus = Bus::builder().store(db).build();
/// assert_eq!(bus.execute(AddNote { text: "milk".into() }).await.unwrap(), 1);
/// assert_eq!(bus.query(Notes).await.unwrap(), ["milk"]);
/// # }
/// ```
#[derive(Debug)]
pub struct WriteTx {
    tx: Arc<Tx>,
    /// Who holds the writer, where it is held for too long.
    who: Cow<'static, str>,
    /// Until when the call waits for the writer, if it has a deadline.
    deadline: Option<Deadline>,
}

impl WriteTx {
    async fn of(scope: &mut Scope) -> Result<Self, Fault> {
        let tx = scope.unit::<SqliteUnit>().await?.0.clone();
        Ok(WriteTx { tx, who: Cow::Borrowed(scope.handler().path), deadline: scope.context().deadline() })
    }

    fn wait(&self) -> Wait {
        self.deadline.map_or_else(Wait::default, |deadline| Wait::within(deadline.remaining()))
    }

    /// Puts this off until the commit, after what was put off before it. It may be done again, where the transaction is
    /// lost that it shared with other calls. What it fails with fails the call, and nothing is committed; a uniqueness that
    /// it breaks is a [conflict](cqrs_core::FaultKind::Conflict).
    ///
    /// # Errors
    /// A fault, where the call is over.
    pub async fn defer(
        &mut self,
        write: impl FnMut(&Connection) -> rusqlite::Result<()> + Send + 'static,
    ) -> Result<(), Fault> {
        let mut state = self.tx.state.lock().await;
        state.goes_on()?;
        state.deferred.push(Box::new(write));
        Ok(())
    }

    /// Puts a statement off until the commit: [`defer`](WriteTx::defer) of one.
    ///
    /// # Errors
    /// A fault, where the call is over.
    pub async fn defer_execute(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        params: impl Params + Clone + Send + 'static,
    ) -> Result<(), Fault> {
        let sql = sql.into();
        self.defer(move |conn| rows::execute(conn, &sql, params.clone()).map(drop)).await
    }

    /// Runs this now, with the writer held, after what was put off so far. What it does before it fails stays until the
    /// call ends: give a fault back, and nothing of the call is kept.
    ///
    /// It has the writer's own connection, and not its transaction. `COMMIT`, `ROLLBACK` and `BEGIN` are refused, since
    /// calls of others are in it too: to leave nothing, return an error; to undo a part, use a savepoint.
    ///
    /// ```
    /// # use cqrs_sqlite::{Sqlite, SqliteUnit};
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let notes = [("notes", "CREATE TABLE note (text TEXT NOT NULL) STRICT")];
    /// # let db = Sqlite::options(directory.path().join("notes.db")).migrations(notes).open().await?;
    /// # let unit = SqliteUnit::begin(&db);
    /// # let mut tx = unit.write_tx();
    /// tx.run(|conn| {
    ///     conn.execute("INSERT INTO note (text) VALUES ('milk')", ())?;
    ///     conn.execute_batch("SAVEPOINT maybe; DELETE FROM note; ROLLBACK TO maybe; RELEASE maybe")
    /// })
    /// .await?;
    /// let fault = tx.run(|conn| conn.execute_batch("COMMIT")).await.unwrap_err();
    /// assert!(fault.detail().contains("return an error to leave nothing of it"));
    /// # unit.commit().await?;
    /// # assert_eq!(db.reads().one::<i64>("SELECT count(*) FROM note", ()).await?, Some(1));
    /// # Ok(()) }
    /// ```
    ///
    /// Where SQLite has rolled the transaction back, as after `INSERT OR ROLLBACK`, what the closure writes after that is
    /// not kept either: give its error back.
    ///
    /// # Errors
    /// What SQLite says, as a fault; or why the writer was not to be had or is held no longer.
    pub async fn run<T: Send + 'static>(
        &mut self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let mut state = self.tx.state.lock().await;
        state.goes_on()?;
        let State { deferred, session, failed, .. } = &mut *state;
        let session = match session {
            Some(session) => session,
            none => none.insert(self.tx.db.writer().session(self.wait(), self.who.clone()).await?),
        };
        // Not before the writer is held: who gives up waiting for it still has what was put off.
        let (deferred, failed) = (std::mem::take(deferred), failed.clone());
        let now = move |conn: &Writing<'_>| {
            for deferred in deferred {
                conn.foreign(deferred).inspect_err(|error| drop(failed.set(told(error))))?;
            }
            conn.foreign(run)
        };
        session.submit(now).await
    }

    /// Runs a statement now, and says how many rows it changed.
    ///
    /// # Errors
    /// As for [`run`](WriteTx::run).
    pub async fn execute(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        params: impl Params + Send + 'static,
    ) -> Result<usize, Fault> {
        let sql = sql.into();
        self.run(move |conn| rows::execute(conn, &sql, params)).await
    }

    /// The first row that a statement finds, or returns, now.
    ///
    /// # Errors
    /// As for [`run`](WriteTx::run); or a row that is not a `T`.
    pub async fn one<T: DeserializeOwned + Send + 'static>(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        params: impl Params + Send + 'static,
    ) -> Result<Option<T>, Fault> {
        let sql = sql.into();
        self.run(move |conn| rows::one(conn, &sql, params)).await
    }

    /// Every row that a statement finds, or returns, now.
    ///
    /// # Errors
    /// As for [`run`](WriteTx::run); or a row that is not a `T`.
    pub async fn all<T: DeserializeOwned + Send + 'static>(
        &mut self,
        sql: impl Into<Cow<'static, str>>,
        params: impl Params + Send + 'static,
    ) -> Result<Vec<T>, Fault> {
        let sql = sql.into();
        self.run(move |conn| rows::all(conn, &sql, params)).await
    }
}

impl State {
    fn goes_on(&self) -> Result<(), Fault> {
        match self.ended {
            true => Err(Fault::internal("a `WriteTx` was kept after its call had ended: take one for each call")),
            false => Ok(()),
        }
    }
}

impl<C: Sync> Resource<C> for WriteTx {
    type Unit = SqliteUnit;

    async fn open(scope: &mut Scope, _: &C) -> Result<Self, Fault> {
        WriteTx::of(scope).await
    }

    async fn stage(self, _: &mut Scope) -> Result<(), Fault> {
        Ok(())
    }
}

impl FromScope for WriteTx {
    const OPENING: Opening = Opening::unit::<SqliteUnit>();

    async fn from_scope(scope: &mut Scope) -> Result<Self, Fault> {
        WriteTx::of(scope).await
    }
}
