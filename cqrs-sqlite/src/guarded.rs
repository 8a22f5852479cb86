//! A connection on which code of others runs: with a time limit, and without a way to end the transaction or to change what may be written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

/// How many steps of SQLite's virtual machine pass between two looks at the clock: some 20 microseconds.
const STEPS: i32 = 1000;

/// Savepoints of this prefix are the framework's.
const OURS: &str = "cq_";

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
    /// Whether a closure of somebody else runs.
    foreign: AtomicBool,
    /// The number of the closure that runs, and of the last that nobody waits for any more.
    turn: AtomicU64,
    abandoned: AtomicU64,
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
            foreign: AtomicBool::new(false),
            turn: AtomicU64::new(0),
            abandoned: AtomicU64::new(0),
        });
        let progress = limits.clone();
        conn.progress_handler(STEPS, Some(move || progress.interrupts()))?;
        let authorizer = limits.clone();
        conn.authorizer(Some(move |context: AuthContext<'_>| authorizer.authorize(&context.action)))?;
        // Otherwise a statement whose plan could depend on what is bound to it, such as any that compares an indexed
        // column, is prepared anew each time that it is used: half of what an event cost.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(Guarded { conn, limits })
    }

    /// The connection, for the framework's own statements.
    pub(crate) fn own(&self) -> &Connection {
        &self.conn
    }

    /// The connection without its guard's knowledge; the hooks stay.
    pub(crate) fn into_inner(self) -> Connection {
        self.conn
    }

    /// Runs a closure of somebody else: what it leaves unfinished at `until` is interrupted, and it cannot begin or
    /// end a transaction. Also says whether a statement was interrupted.
    pub(crate) fn run<T>(&self, until: Option<Instant>, run: impl FnOnce(&Connection) -> T) -> (T, bool) {
        let _foreign = Foreign::enter(&self.limits, until);
        let value = run(&self.conn);
        (value, self.limits.fired.load(Ordering::Relaxed))
    }

    /// What interrupts the next closure once its caller is gone.
    pub(crate) fn abandon(&self) -> Abandon {
        Abandon { limits: self.limits.clone(), turn: self.limits.turn.load(Ordering::Relaxed) + 1 }
    }
}

impl Limits {
    fn interrupts(&self) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        let late = until != 0 && self.now() >= until;
        let alone = self.abandoned.load(Ordering::Relaxed) == self.turn.load(Ordering::Relaxed);
        if (late || alone) && self.foreign.load(Ordering::Relaxed) {
            self.fired.store(true, Ordering::Relaxed);
            return true;
        }
        false
    }

    fn authorize(&self, action: &AuthAction<'_>) -> Authorization {
        let denied = match action {
            AuthAction::Transaction { .. } => true,
            AuthAction::Savepoint { savepoint_name: name, .. } => {
                name.get(..OURS.len()).is_some_and(|start| start.eq_ignore_ascii_case(OURS))
            }
            // On a writer it would stay on, on a reader off.
            AuthAction::Pragma { pragma_name: name, pragma_value: Some(_) } => name.eq_ignore_ascii_case("query_only"),
            _ => false,
        };
        match denied && self.foreign.load(Ordering::Relaxed) {
            true => Authorization::Deny,
            false => Authorization::Allow,
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

/// While a closure of somebody else runs, also if it panics.
struct Foreign<'a>(&'a Limits);

impl<'a> Foreign<'a> {
    fn enter(limits: &'a Limits, until: Option<Instant>) -> Self {
        let until = until.map_or(0, |until| nanos(until.saturating_duration_since(limits.start)));
        limits.turn.fetch_add(1, Ordering::Relaxed);
        limits.until.store(until, Ordering::Relaxed);
        limits.fired.store(false, Ordering::Relaxed);
        limits.foreign.store(true, Ordering::Relaxed);
        Foreign(limits)
    }
}

impl Drop for Foreign<'_> {
    fn drop(&mut self) {
        self.0.foreign.store(false, Ordering::Relaxed);
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
