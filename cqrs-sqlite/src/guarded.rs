//! A connection on which code of others runs: with a time limit, and without a way to end the transaction or to change
//! what may be written.
//!
//! Two things keep the transaction. SQLite asks the authorizer when a statement is prepared, and is told no: that is
//! what says why. And it asks the commit hook at each commit, however that came about: while a closure runs, nothing is
//! committed at all.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthContext, Authorization};
use rusqlite::{Connection, ErrorCode, ffi};

use crate::refused::{Refused, TOO_LATE, Whose, refuse};

/// How many steps of SQLite's virtual machine pass between two looks at the clock: some 20 microseconds.
const STEPS: i32 = 1000;

/// A connection that runs closures of others within limits.
pub(crate) struct Guarded {
    conn: Connection,
    limits: Arc<Limits>,
}

/// What holds for the closure that runs, and for the statement it runs.
pub(crate) struct Limits {
    /// When this was made: what `until` counts from.
    start: Instant,
    /// The nanosecond after `start` at which a statement is interrupted; zero for none.
    until: AtomicU64,
    /// Whether a statement was interrupted for it.
    fired: AtomicBool,
    /// Whether a closure runs: its statements are interrupted, and nothing is committed.
    runs: AtomicBool,
    /// Whose SQL is prepared, as [`Foreign`] sets it.
    whose: AtomicU8,
    /// What of it was refused last.
    refused: Mutex<Option<Refused>>,
    /// Whether a transaction was rolled back since the last that the framework began.
    rolled_back: AtomicBool,
    /// The number of the closure that runs, and of the last that nobody waits for any more.
    turn: AtomicU64,
    abandoned: AtomicU64,
}

/// What has become of the transaction that the framework began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transaction {
    /// It goes on.
    Open,
    /// It was rolled back: after FULL, IOERR, NOMEM, BUSY and INTERRUPT SQLite may do so with all of it, and not with a
    /// savepoint alone, and whoever says `OR ROLLBACK` asks for it.
    RolledBack,
    /// It is not there any more, and was not rolled back.
    Unknown,
}

impl Guarded {
    /// Guards a connection.
    ///
    /// # Errors
    /// What SQLite says of its hooks.
    // One version of rusqlite takes `&mut` for what another takes `&` for.
    #[allow(unused_mut, reason = "hooks are set through `&mut` since rusqlite 0.40")]
    pub(crate) fn new(mut conn: Connection) -> rusqlite::Result<Guarded> {
        let limits = Arc::new(Limits {
            start: Instant::now(),
            until: AtomicU64::new(0),
            fired: AtomicBool::new(false),
            runs: AtomicBool::new(false),
            whose: AtomicU8::new(OWN),
            refused: Mutex::new(None),
            rolled_back: AtomicBool::new(false),
            turn: AtomicU64::new(0),
            abandoned: AtomicU64::new(0),
        });
        let progress = limits.clone();
        conn.progress_handler(STEPS, Some(move || progress.interrupts()))?;
        let authorizer = limits.clone();
        conn.authorizer(Some(move |context: AuthContext<'_>| authorizer.authorize(&context)))?;
        let commit = limits.clone();
        conn.commit_hook(Some(move || commit.runs.load(Ordering::Relaxed)))?;
        let rollback = limits.clone();
        conn.rollback_hook(Some(move || rollback.rolled_back.store(true, Ordering::Relaxed)))?;
        // Otherwise a statement whose plan could depend on what is bound to it, such as any that compares an indexed
        // column, is prepared anew each time that it is used: half of what an event cost.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(Guarded { conn, limits })
    }

    /// The connection, for the framework's own statements. None of them may be left in its cache, which is that of the
    /// others: what is prepared there is not asked about again.
    pub(crate) fn own(&self) -> &Connection {
        &self.conn
    }

    /// The connection without its guard's knowledge; the hooks stay.
    pub(crate) fn into_inner(self) -> Connection {
        self.conn
    }

    /// Runs a closure of somebody else's, within limits: [`limited`](Guarded::limited) and
    /// [`foreign`](Guarded::foreign).
    pub(crate) fn run<T>(
        &self,
        until: Option<Instant>,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> (rusqlite::Result<T>, bool) {
        self.limited(until, || self.foreign(Whose::Handler, run).map_err(|(error, _)| error))
    }

    /// Runs a closure: what it leaves unfinished at `until` is interrupted, and nothing is committed. Also says whether
    /// a statement was interrupted.
    pub(crate) fn limited<T>(&self, until: Option<Instant>, run: impl FnOnce() -> T) -> (T, bool) {
        let _runs = Runs::enter(&self.limits, until);
        let value = run();
        (value, self.limits.fired.load(Ordering::Relaxed))
    }

    /// Runs SQL of somebody else's, which may not do everything. An error that was a refusal says so, and comes with it.
    pub(crate) fn foreign<T>(
        &self,
        whose: Whose,
        run: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, (rusqlite::Error, Option<Refused>)> {
        let foreign = Foreign::enter(&self.limits, whose);
        let result = run(&self.conn);
        drop(foreign);
        result.map_err(|error| self.limits.told(error))
    }

    /// A transaction has begun, which is the framework's.
    pub(crate) fn begun(&self) {
        self.limits.rolled_back.store(false, Ordering::Relaxed);
    }

    /// What has become of it.
    pub(crate) fn transaction(&self) -> Transaction {
        if self.limits.rolled_back.load(Ordering::Relaxed) {
            Transaction::RolledBack
        } else if self.conn.is_autocommit() {
            Transaction::Unknown
        } else {
            Transaction::Open
        }
    }

    /// What interrupts the next closure once its caller is gone.
    pub(crate) fn abandon(&self) -> Abandon {
        Abandon { limits: self.limits.clone(), turn: self.limits.turn.load(Ordering::Relaxed) + 1 }
    }

    /// Runs a closure as if there were no guard.
    #[cfg(test)]
    pub(crate) fn unguarded<T>(&self, run: impl FnOnce(&Connection) -> T) -> T {
        let (runs, whose) = (&self.limits.runs, &self.limits.whose);
        let before = (runs.swap(false, Ordering::Relaxed), whose.swap(OWN, Ordering::Relaxed));
        let value = run(&self.conn);
        runs.store(before.0, Ordering::Relaxed);
        whose.store(before.1, Ordering::Relaxed);
        value
    }
}

impl Limits {
    fn interrupts(&self) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        let late = until != 0 && self.now() >= until;
        let alone = self.abandoned.load(Ordering::Relaxed) == self.turn.load(Ordering::Relaxed);
        if (late || alone) && self.runs.load(Ordering::Relaxed) {
            self.fired.store(true, Ordering::Relaxed);
            return true;
        }
        false
    }

    fn authorize(&self, context: &AuthContext<'_>) -> Authorization {
        let whose = match self.whose.load(Ordering::Relaxed) {
            OWN => return Authorization::Allow,
            MIGRATION => Whose::Migration,
            _ => Whose::Handler,
        };
        let Some(refused) = refuse(context, whose) else { return Authorization::Allow };
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(refused);
        Authorization::Deny
    }

    /// An error of SQLite's, with why it was refused if it was.
    fn told(&self, error: rusqlite::Error) -> (rusqlite::Error, Option<Refused>) {
        let Some(code) = error.sqlite_error().copied() else { return (error, None) };
        let with = |text: &str| rusqlite::Error::SqliteFailure(code, Some(text.to_owned()));
        if code.code == ErrorCode::AuthorizationForStatementDenied {
            let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner).take();
            return match refused {
                Some(refused) => (with(&refused.text), Some(refused)),
                None => (error, None),
            };
        }
        match code.extended_code {
            ffi::SQLITE_CONSTRAINT_COMMITHOOK => (with(TOO_LATE), None),
            _ => (error, None),
        }
    }

    fn now(&self) -> u64 {
        nanos(self.start.elapsed())
    }
}

/// From zero, which stands for none, up.
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).max(1)
}

/// While a closure runs, also if it panics.
struct Runs<'a>(&'a Limits);

impl<'a> Runs<'a> {
    fn enter(limits: &'a Limits, until: Option<Instant>) -> Self {
        let until = until.map_or(0, |until| nanos(until.saturating_duration_since(limits.start)));
        limits.turn.fetch_add(1, Ordering::Relaxed);
        limits.until.store(until, Ordering::Relaxed);
        limits.fired.store(false, Ordering::Relaxed);
        limits.runs.store(true, Ordering::Relaxed);
        Runs(limits)
    }
}

impl Drop for Runs<'_> {
    fn drop(&mut self) {
        self.0.runs.store(false, Ordering::Relaxed);
    }
}

const OWN: u8 = 0;
const HANDLER: u8 = 1;
const MIGRATION: u8 = 2;

/// While SQL of somebody else's is prepared, also if it panics.
struct Foreign<'a>(&'a Limits);

impl<'a> Foreign<'a> {
    fn enter(limits: &'a Limits, whose: Whose) -> Self {
        let whose = match whose {
            Whose::Handler => HANDLER,
            Whose::Migration => MIGRATION,
        };
        limits.whose.store(whose, Ordering::Relaxed);
        Foreign(limits)
    }
}

impl Drop for Foreign<'_> {
    fn drop(&mut self) {
        self.0.whose.store(OWN, Ordering::Relaxed);
    }
}

/// Interrupts one closure when dropped: nobody waits for what it reads.
pub(crate) struct Abandon {
    limits: Arc<Limits>,
    turn: u64,
}

impl Drop for Abandon {
    fn drop(&mut self) {
        // A later closure has another number, and is not touched.
        self.limits.abandoned.store(self.turn, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, StatementStatus};

    use super::Guarded;

    #[test]
    fn a_statement_is_prepared_once_whatever_is_bound_to_it() {
        let guarded = Guarded::new(Connection::open_in_memory().unwrap()).unwrap();
        let conn = guarded.own();
        conn.execute_batch("CREATE TABLE t (a TEXT, b INTEGER, UNIQUE (a, b))").unwrap();
        for find in ["SELECT b FROM t WHERE a = ?", "SELECT b FROM t LIMIT ?"] {
            for value in 0..3 {
                conn.prepare_cached(find).unwrap().exists([value]).unwrap();
            }
            assert_eq!(conn.prepare_cached(find).unwrap().get_status(StatementStatus::RePrepare), 0, "{find}");
        }
    }
}
