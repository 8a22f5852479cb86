//! The event log.

use std::borrow::Cow;
use std::time::SystemTime;

use cqrs_core::store::{Expected, NewEvent, Position, Reading, StoredEvent};
use cqrs_core::{Fault, MessageId, StreamId};
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, Statement, params};

use super::calls::Calls;
use super::values::{Call, Count, Id, Row, Time, text};
use crate::fail_points;
use crate::faults::fault_of;
use crate::writer::Writing;

/// Whether each stream is as long as it is expected to be.
pub(super) fn expect(conn: &Writing<'_>, expected: &[Expected]) -> Result<(), Fault> {
    for Expected { stream, version } in expected {
        let found = version_of(conn, stream).map_err(|error| fault_of(error, "reading a stream's version"))?;
        if found != *version {
            return Err(Fault::conflict(format!(
                "the stream `{stream}` is at version {found} and was expected at {version}"
            )));
        }
    }
    Ok(())
}

fn version_of(conn: &Writing<'_>, stream: &StreamId) -> rusqlite::Result<u64> {
    let mut statement = conn.prepare_cached("SELECT coalesce(max(version), 0) FROM cq_event WHERE stream = ?")?;
    statement.query_row([stream.as_str()], |row| Ok(row.get::<_, Count>(0)?.0))
}

/// Appends events, in order, and says where the first and the last of them stand.
pub(super) fn append(
    conn: &Writing<'_>,
    events: &[NewEvent],
    calls: &Calls,
    recorded_at: SystemTime,
) -> Result<Option<(Position, Position)>, Fault> {
    let mut raised: Option<(Position, Position)> = None;
    for event in events {
        fail_points::hit("event.before");
        let position = insert(conn, event, calls.json(&event.call)?, recorded_at)?;
        raised = Some((raised.map_or(position, |(first, _)| first), position));
        fail_points::hit("event.after");
    }
    Ok(raised)
}

fn insert(conn: &Writing<'_>, event: &NewEvent, call: &str, recorded_at: SystemTime) -> Result<Position, Fault> {
    const INSERT: &str =
        "INSERT INTO cq_event (event_id, stream, version, name, schema_version, payload, call, recorded_at)
        VALUES (?1, ?2,
            CASE WHEN ?2 IS NULL THEN NULL
                ELSE (SELECT coalesce(max(version), 0) + 1 FROM cq_event WHERE stream = ?2) END,
            ?3, ?4, ?5, ?6, ?7)";
    let NewEvent { id, stream, name, schema_version, payload, call: _ } = event;
    let stream = stream.as_ref().map(StreamId::as_str);
    let inserted = conn.prepare_cached(INSERT).and_then(|mut statement| {
        let payload = text(payload).map_err(|fault| rusqlite::Error::ToSqlConversionFailure(fault.into()))?;
        statement.insert(params![Id(*id), stream, name, schema_version, payload, call, Time(recorded_at)])
    });
    let row = inserted.map_err(|error| fault_of(error, &format!("appending the event `{name}` {id}")))?;
    Ok(Position::at(u64::try_from(row).unwrap_or(0)))
}

const COLUMNS: &str = "position, event_id, stream, version, name, schema_version, payload, call, recorded_at";

/// Events of the log, in its order.
pub(super) fn read(conn: &Connection, reading: &Reading) -> rusqlite::Result<Vec<StoredEvent>> {
    let Reading { after, at, stream, names, limit } = reading;
    let mut conditions = Vec::new();
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    if let Some(after) = after {
        conditions.push("position > ?".to_owned());
        values.push(Box::new(Row(*after)));
    }
    if let Some(at) = at {
        conditions.push("position = ?".to_owned());
        values.push(Box::new(Row(*at)));
    }
    if let Some((stream, version)) = stream {
        conditions.push("stream = ? AND version > ?".to_owned());
        values.push(Box::new(stream.as_str().to_owned()));
        values.push(Box::new(Count(*version)));
    }
    if !names.is_empty() {
        conditions.push(format!("name IN ({})", vec!["?"; names.len()].join(", ")));
        values.extend(names.iter().map(|name| Box::new(name.clone().into_owned()) as Box<dyn ToSql>));
    }
    let conditions = if conditions.is_empty() { "TRUE".to_owned() } else { conditions.join(" AND ") };
    let sql = format!("SELECT {COLUMNS} FROM cq_event WHERE {conditions} ORDER BY position LIMIT ?");
    values.push(Box::new(i64::try_from(*limit).unwrap_or(i64::MAX)));
    let mut statement = conn.prepare_cached(&sql)?;
    let events = statement.query_map(rusqlite::params_from_iter(values), event)?;
    events.collect()
}

fn event(row: &SqlRow<'_>) -> rusqlite::Result<StoredEvent> {
    Ok(StoredEvent {
        position: row.get::<_, Row>(0)?.0,
        id: row.get::<_, Id>(1)?.0,
        stream: row.get::<_, Option<String>>(2)?.map(StreamId::from),
        version: row.get::<_, Option<Count>>(3)?.map(|version| version.0),
        name: Cow::Owned(row.get(4)?),
        schema_version: row.get(5)?,
        payload: row.get::<_, String>(6)?.into_bytes(),
        call: row.get::<_, Call>(7)?.0,
        recorded_at: row.get::<_, Time>(8)?.0,
    })
}

const HEAD: &str = "SELECT position, event_id FROM cq_event ORDER BY position DESC LIMIT 1";

/// The last event of the log.
pub(super) fn head(conn: &Connection) -> rusqlite::Result<Option<(Position, MessageId)>> {
    let mut statement = conn.prepare_cached(HEAD)?;
    head_of(&mut statement)
}

/// [`head`], as who writes sees it.
pub(super) fn head_while_writing(conn: &Writing<'_>) -> rusqlite::Result<Option<(Position, MessageId)>> {
    let mut statement = conn.prepare_cached(HEAD)?;
    head_of(&mut statement)
}

fn head_of(statement: &mut Statement<'_>) -> rusqlite::Result<Option<(Position, MessageId)>> {
    statement.query_row((), |row| Ok((row.get::<_, Row>(0)?.0, row.get::<_, Id>(1)?.0))).optional()
}
