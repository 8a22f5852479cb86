//! [`Writing`]: the writing connection, as the writer's thread has it.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::time::Instant;

use rusqlite::{Connection, PrepFlags, Statement};

use crate::guarded::{Guarded, Transaction};
use crate::refused::Whose;

/// The writing connection, and the framework's own statements on it.
///
/// These are kept here and not in the connection's cache. What may be done is asked when a statement is prepared, so
/// whoever finds the framework's `COMMIT` in a cache that all share commits.
pub(crate) struct Writing<'c> {
    conn: &'c Guarded,
    /// Those that are not in use. A text of the framework's is known by where it is, which is sooner compared than what
    /// it says.
    idle: RefCell<Vec<(&'static str, Statement<'c>)>>,
}

impl<'c> Writing<'c> {
    pub(crate) fn on(conn: &'c Guarded) -> Writing<'c> {
        Writing { conn, idle: RefCell::default() }
    }

    /// A statement of the framework's, prepared the first time.
    pub(crate) fn prepare_cached(&self, sql: &'static str) -> rusqlite::Result<Prepared<'_, 'c>> {
        let mut idle = self.idle.borrow_mut();
        let statement = match idle.iter().position(|(kept, _)| std::ptr::eq(*kept, sql)) {
            Some(place) => idle.swap_remove(place).1,
            None => self.conn.own().prepare_with_flags(sql, PrepFlags::SQLITE_PREPARE_PERSISTENT)?,
        };
        Ok(Prepared { sql, statement: Some(statement), idle: &self.idle })
    }

    /// Runs a statement of the framework's that finds no rows.
    pub(crate) fn execute(&self, sql: &'static str) -> rusqlite::Result<()> {
        self.prepare_cached(sql)?.execute(()).map(drop)
    }

    /// Runs SQL of a handler's, which may not do everything.
    pub(crate) fn foreign<T>(&self, run: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        self.conn.foreign(Whose::Handler, run).map_err(|(error, _)| error)
    }

    /// Runs a closure within limits: [`Guarded::limited`].
    pub(crate) fn limited<T>(&self, until: Instant, run: impl FnOnce() -> T) -> (T, bool) {
        self.conn.limited(Some(until), run)
    }

    /// A transaction has begun.
    pub(crate) fn begun(&self) {
        self.conn.begun();
    }

    /// What has become of it.
    pub(crate) fn transaction(&self) -> Transaction {
        self.conn.transaction()
    }

    /// Whether there is no transaction, whoever has begun it.
    pub(crate) fn is_autocommit(&self) -> bool {
        self.conn.own().is_autocommit()
    }

    /// Runs a closure as if there were no guard.
    #[cfg(test)]
    pub(crate) fn unguarded<T>(&self, run: impl FnOnce(&Connection) -> T) -> T {
        self.conn.unguarded(run)
    }
}

/// A statement of the framework's, which goes back when it is dropped.
pub(crate) struct Prepared<'a, 'c> {
    sql: &'static str,
    /// There until it is dropped.
    statement: Option<Statement<'c>>,
    idle: &'a RefCell<Vec<(&'static str, Statement<'c>)>>,
}

impl<'c> Deref for Prepared<'_, 'c> {
    type Target = Statement<'c>;

    fn deref(&self) -> &Statement<'c> {
        match &self.statement {
            Some(statement) => statement,
            None => unreachable!("a statement was used after its end"),
        }
    }
}

impl<'c> DerefMut for Prepared<'_, 'c> {
    fn deref_mut(&mut self) -> &mut Statement<'c> {
        match &mut self.statement {
            Some(statement) => statement,
            None => unreachable!("a statement was used after its end"),
        }
    }
}

impl Drop for Prepared<'_, '_> {
    fn drop(&mut self) {
        let Some(mut statement) = self.statement.take() else { return };
        // A payload is not kept for as long as the statement.
        statement.clear_bindings();
        self.idle.borrow_mut().push((self.sql, statement));
    }
}
