//! The audit trail.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use cqrs_core::Fault;
use cqrs_core::store::{AuditEntry, AuditOutcome, AuditQuery, Position};
use rusqlite::types::{FromSqlError, ToSql};
use rusqlite::{Connection, Row as SqlRow, params};

use super::calls::Calls;
use super::values::{Call, Count, Id, Row, Time, micros};
use crate::faults::fault_of;
use crate::writer::Writing;

/// Adds rows; one that does not say which events its command raised says `raised`.
pub(super) fn record(
    conn: &Writing<'_>,
    rows: &[AuditEntry],
    calls: &Calls,
    raised: Option<(Position, Position)>,
) -> Result<(), Fault> {
    const RECORD: &str = "INSERT INTO cq_audit (command_id, command, actor, tenant, correlation_id, outcome, fault,
        first_position, last_position, call, started_at, duration_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    for AuditEntry { command, call, outcome, started_at, duration, events } in rows {
        let (first, last) = events.or(raised).unzip();
        let json = calls.json(call)?;
        let recorded = conn.prepare_cached(RECORD).and_then(|mut statement| {
            statement.execute(params![
                Id(call.message_id()),
                command,
                call.principal().map(|who| who.id()),
                call.tenant(),
                call.correlation_id().to_string(),
                outcome.as_str(),
                outcome.fault(),
                first.map(Row),
                last.map(Row),
                json,
                Time(*started_at),
                micros(*duration),
            ])
        });
        recorded.map_err(|error| fault_of(error, &format!("writing `{command}` into the audit trail")))?;
    }
    Ok(())
}

/// Rows that are asked for, the latest first.
pub(super) fn read(conn: &Connection, query: &AuditQuery) -> rusqlite::Result<Vec<AuditEntry>> {
    let AuditQuery { actor, command, command_id, correlation, tenant, since, until, limit } = query;
    let mut conditions = vec!["TRUE"];
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    let texts = [
        ("actor = ?", actor.clone()),
        ("command = ?", command.clone()),
        ("correlation_id = ?", correlation.as_ref().map(ToString::to_string)),
        ("tenant = ?", tenant.clone()),
    ];
    for (condition, text) in texts {
        if let Some(text) = text {
            conditions.push(condition);
            values.push(Box::new(text));
        }
    }
    if let Some(id) = command_id {
        conditions.push("command_id = ?");
        values.push(Box::new(Id(*id)));
    }
    for (condition, time) in [("started_at >= ?", since), ("started_at < ?", until)] {
        if let Some(time) = time {
            conditions.push(condition);
            values.push(Box::new(Time(*time)));
        }
    }
    let sql = format!(
        "SELECT command, call, outcome, fault, started_at, duration_us, first_position, last_position
        FROM cq_audit WHERE {} ORDER BY row DESC LIMIT ?",
        conditions.join(" AND ")
    );
    values.push(Box::new(i64::try_from(*limit).unwrap_or(i64::MAX)));
    let mut statement = conn.prepare_cached(&sql)?;
    statement.query_map(rusqlite::params_from_iter(values), entry)?.collect()
}

fn entry(row: &SqlRow<'_>) -> rusqlite::Result<AuditEntry> {
    let word: String = row.get(2)?;
    let outcome = AuditOutcome::kept(&word, row.get(3)?)
        .ok_or_else(|| FromSqlError::Other(format!("`{word}` is no outcome of a command").into()))?;
    let (first, last) = (row.get::<_, Option<Row>>(6)?, row.get::<_, Option<Row>>(7)?);
    Ok(AuditEntry {
        command: Cow::Owned(row.get(0)?),
        call: row.get::<_, Call>(1)?.0,
        outcome,
        started_at: row.get::<_, Time>(4)?.0,
        duration: Duration::from_micros(row.get::<_, Count>(5)?.0),
        events: first.zip(last).map(|(first, last)| (first.0, last.0)),
    })
}

/// Forgets rows that were begun then or earlier. They are in the order of their commits, so it looks no further than the
/// first that is to be kept.
pub(super) fn purge(conn: &Writing<'_>, until: SystemTime) -> rusqlite::Result<()> {
    const PURGE: &str = "DELETE FROM cq_audit WHERE row < coalesce(
        (SELECT min(row) FROM (SELECT row, started_at FROM cq_audit ORDER BY row) WHERE started_at > ?),
        (SELECT max(row) + 1 FROM cq_audit))";
    conn.prepare_cached(PURGE)?.execute([Time(until)]).map(drop)
}
