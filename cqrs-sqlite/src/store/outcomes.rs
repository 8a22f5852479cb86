//! The outcomes of idempotent commands, by their keys.

use std::time::SystemTime;

use cqrs_core::{Fault, LedgerEntry, LedgerKey};
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, OptionalExtension, params};

use super::Keeping;
use super::values::{Id, Time, kept_since};
use crate::faults::{fault_of, is_unique};
use crate::writer::Writing;

/// A key in one column: two that differ are written differently.
fn written(key: &LedgerKey) -> Result<String, Fault> {
    let LedgerKey { tenant, principal, is_system, message, key } = key;
    serde_json::to_string(&(message, tenant, principal, is_system, key))
        .map_err(|error| Fault::internal("an idempotency key cannot be written as JSON").caused_by(error))
}

/// Records an outcome; a conflict, where the key has one that has not expired.
pub(super) fn record(conn: &Writing<'_>, entry: &LedgerEntry, now: SystemTime, keeping: Keeping) -> Result<(), Fault> {
    const RECORD: &str = "INSERT INTO cq_outcome (key, fingerprint, outcome, recorded_at, subscription, event_id)
        VALUES (?, ?, ?, ?, ?, ?)";
    const EXPIRED: &str = "DELETE FROM cq_outcome WHERE key = ? AND recorded_at <= ? AND event_id IS NULL";
    let key = written(&entry.key)?;
    let LedgerKey { message, key: chosen, .. } = &entry.key;
    let fingerprint = serde_json::to_string(&entry.fingerprint)
        .map_err(|error| Fault::internal("a fingerprint cannot be written as JSON").caused_by(error))?;
    let (subscription, event) = entry.key.follows_from().unzip();
    let recorded = conn.prepare_cached(EXPIRED).and_then(|mut statement| {
        statement.execute(params![key, Time(kept_since(now, keeping.outcomes))])?;
        let mut statement = conn.prepare_cached(RECORD)?;
        statement.execute(params![key, fingerprint, &*entry.outcome, Time(now), subscription, event.map(Id)])
    });
    recorded.map(drop).map_err(|error| {
        let fault = fault_of(error, &format!("recording the outcome of `{message}`"));
        match is_unique(&fault, &["cq_outcome.key"]) {
            true => Fault::conflict(format!("`{message}` has an outcome under the idempotency key `{chosen}`"))
                .caused_by(fault),
            false => fault,
        }
    })
}

/// What was recorded, and has not expired.
pub(super) fn find(
    conn: &Connection,
    key: &LedgerKey,
    now: SystemTime,
    keeping: Keeping,
) -> rusqlite::Result<Option<LedgerEntry>> {
    const FIND: &str = "SELECT fingerprint, outcome FROM cq_outcome
        WHERE key = ? AND (recorded_at > ? OR event_id IS NOT NULL)";
    let written = written(key).map_err(|fault| rusqlite::Error::ToSqlConversionFailure(fault.into()))?;
    let mut statement = conn.prepare_cached(FIND)?;
    let found = statement.query_row(params![written, Time(kept_since(now, keeping.outcomes))], |row| {
        let fingerprint = serde_json::from_str(row.get_ref(0)?.as_str()?)
            .map_err(|error| rusqlite::Error::from(FromSqlError::Other(error.into())))?;
        Ok(LedgerEntry { key: key.clone(), fingerprint, outcome: row.get::<_, String>(1)?.into() })
    });
    found.optional()
}

/// Forgets what has expired; the outcome of what follows from an event, no sooner than its subscription has the event
/// behind it.
pub(super) fn purge(conn: &Writing<'_>, now: SystemTime, keeping: Keeping) -> rusqlite::Result<()> {
    const PURGE: &str = "DELETE FROM cq_outcome WHERE recorded_at <= ? AND (
        event_id IS NULL
        OR (event_id NOT IN (SELECT event_id FROM cq_dead_letter WHERE subscription = cq_outcome.subscription)
            AND NOT EXISTS (
                SELECT 1 FROM cq_event event JOIN cq_subscription reader ON reader.name = cq_outcome.subscription
                WHERE event.event_id = cq_outcome.event_id AND coalesce(reader.position, 0) < event.position)))";
    conn.prepare_cached(PURGE)?.execute([Time(kept_since(now, keeping.outcomes))]).map(drop)
}
