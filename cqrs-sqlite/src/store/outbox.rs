//! The outbox: commands that wait to be dispatched.

use std::borrow::Cow;
use std::time::SystemTime;

use cqrs_core::store::{NewCommand, Postponed, QueuedCommand};
use cqrs_core::{Fault, MessageId};
use rusqlite::{Connection, Row as SqlRow, params};

use super::calls::Calls;
use super::values::{Call, Id, Time, text};
use crate::fail_points;
use crate::faults::fault_of;
use crate::writer::Writing;

/// Adds commands. One whose key waits there already is the same command again.
pub(super) fn send(conn: &Writing<'_>, commands: &[NewCommand], calls: &Calls) -> Result<(), Fault> {
    const SEND: &str =
        "INSERT INTO cq_outbox (command_id, name, payload, key, not_before, call) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (key) DO NOTHING";
    for NewCommand { id, name, payload, key, not_before, call } in commands {
        fail_points::hit("command.before");
        let (payload, call) = (text(payload)?, calls.json(call)?);
        conn.prepare_cached(SEND)
            .and_then(|mut sent| sent.execute(params![Id(*id), name, payload, key, Time(*not_before), call]))
            .map_err(|error| fault_of(error, &format!("sending the command `{name}` {id}")))?;
        fail_points::hit("command.after");
    }
    Ok(())
}

/// Takes a command out that is carried out.
pub(super) fn settle(conn: &Writing<'_>, id: MessageId) -> Result<(), Fault> {
    let settled = conn
        .prepare_cached("DELETE FROM cq_outbox WHERE command_id = ?")
        .and_then(|mut settled| settled.execute([Id(id)]));
    match settled.map_err(|error| fault_of(error, &format!("settling the command {id}")))? {
        0 => Err(Fault::conflict(format!("the command {id} has left the outbox already"))),
        _ => Ok(()),
    }
}

pub(super) fn postpone(conn: &Writing<'_>, postponed: &[Postponed]) -> Result<(), Fault> {
    const POSTPONE: &str =
        "UPDATE cq_outbox SET not_before = ?, attempts = ?, error = ?, parked = ? WHERE command_id = ?";
    for Postponed { id, not_before, attempts, error, parked } in postponed {
        conn.prepare_cached(POSTPONE)
            .and_then(|mut statement| statement.execute(params![Time(*not_before), attempts, error, parked, Id(*id)]))
            .map_err(|error| fault_of(error, &format!("postponing the command {id}")))?;
    }
    Ok(())
}

const COLUMNS: &str = "command_id, name, payload, key, not_before, call, attempts, error, parked";

fn queued(row: &SqlRow<'_>) -> rusqlite::Result<QueuedCommand> {
    Ok(QueuedCommand {
        command: NewCommand {
            id: row.get::<_, Id>(0)?.0,
            name: Cow::Owned(row.get(1)?),
            payload: row.get::<_, String>(2)?.into_bytes(),
            key: row.get::<_, String>(3)?.into(),
            not_before: row.get::<_, Time>(4)?.0,
            call: row.get::<_, Call>(5)?.0,
        },
        attempts: row.get(6)?,
        error: row.get(7)?,
        parked: row.get(8)?,
    })
}

/// What may be dispatched now: what is due longest first, and of that what was sent first.
pub(super) fn due(conn: &Connection, now: SystemTime, limit: usize) -> rusqlite::Result<Vec<QueuedCommand>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM cq_outbox WHERE parked = 0 AND not_before <= ? ORDER BY not_before, sent LIMIT ?"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    conn.prepare_cached(&sql)?.query_map(params![Time(now), limit], queued)?.collect()
}

pub(super) fn next_due(conn: &Connection) -> rusqlite::Result<Option<SystemTime>> {
    let next = "SELECT min(not_before) FROM cq_outbox WHERE parked = 0";
    conn.prepare_cached(next)?.query_row((), |row| Ok(row.get::<_, Option<Time>>(0)?.map(|time| time.0)))
}

pub(super) fn parked(conn: &Connection) -> rusqlite::Result<Vec<QueuedCommand>> {
    let sql = format!("SELECT {COLUMNS} FROM cq_outbox WHERE parked = 1 ORDER BY sent");
    conn.prepare_cached(&sql)?.query_map((), queued)?.collect()
}
