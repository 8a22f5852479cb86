//! Checkpoints, who has which subscription, and dead letters.

use std::borrow::Cow;
use std::sync::Arc;

use cqrs_core::store::{Advance, Checkpoint, Claim, DeadLetter, Start};
use cqrs_core::{Fault, MessageId, StreamId};
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, Statement, params};

use super::events;
use super::values::{Count, Id, Row, Time};
use crate::fail_points;
use crate::faults::fault_of;
use crate::writer::Writing;

/// Moves a checkpoint, if it is where the mover has left it and nobody has taken over the subscription.
pub(super) fn advance(conn: &Writing<'_>, advance: &Advance) -> Result<(), Fault> {
    const ADVANCE: &str = "UPDATE cq_subscription SET position = ?, event_id = ?
        WHERE name = ? AND fence = ? AND position IS ?";
    let Advance { subscription, fence, from, to, event_id } = advance;
    fail_points::hit("checkpoint.before");
    let moved = conn.prepare_cached(ADVANCE).and_then(|mut statement| {
        statement.execute(params![Row(*to), Id(*event_id), subscription, Count(*fence), from.map(Row)])
    });
    match moved.map_err(|error| fault_of(error, &format!("moving the checkpoint of `{subscription}`")))? {
        0 => Err(Fault::conflict(format!("the subscription `{subscription}` is somebody else's by now"))),
        _ => Ok(()),
    }
}

/// Takes over a subscription, or goes on with it.
pub(super) fn claim(conn: &Writing<'_>, claim: &Claim) -> rusqlite::Result<Option<Checkpoint>> {
    const BEGIN: &str = "INSERT INTO cq_subscription (name, position, event_id, fence) VALUES (?, ?, ?, 0)
        ON CONFLICT (name) DO NOTHING";
    const HELD: &str = "SELECT owner, lease_until FROM cq_subscription WHERE name = ?";
    const TAKE: &str = "UPDATE cq_subscription SET fence = fence + (owner IS NOT ?1), owner = ?1, lease_until = ?2
        WHERE name = ?3";
    let Claim { subscription, owner, now, lease, start } = claim;
    let until = claim.until();
    let head = match start {
        Start::Now => events::head_while_writing(conn)?,
        Start::Beginning => None,
    };
    let (position, event_id) = head.unzip();
    conn.prepare_cached(BEGIN)?.execute(params![subscription, position.map(Row), event_id.map(Id)])?;
    let (held_by, held_until) = conn.prepare_cached(HELD)?.query_row([subscription], |row| {
        Ok((row.get::<_, Option<Id>>(0)?.map(|id| id.0), row.get::<_, Option<Time>>(1)?.map(|time| time.0)))
    })?;
    // A lease that would end much later than one taken now was taken before the clock was set back; a little later, by
    // somebody who asked after this one and was served before.
    let latest = until.checked_add(*lease).unwrap_or(until);
    let is_held = held_until.is_some_and(|held_until| held_until > *now && held_until <= latest);
    if is_held && held_by.is_some_and(|held_by| held_by != *owner) {
        return Ok(None);
    }
    conn.prepare_cached(TAKE)?.execute(params![Id(*owner), Time(until), subscription])?;
    let mut statement = conn.prepare_cached(CHECKPOINT)?;
    checkpoint_of(&mut statement, subscription)
}

pub(super) fn release(conn: &Writing<'_>, subscription: &str, owner: MessageId) -> rusqlite::Result<()> {
    const RELEASE: &str = "UPDATE cq_subscription SET owner = NULL, lease_until = NULL WHERE name = ? AND owner = ?";
    conn.prepare_cached(RELEASE)?.execute(params![subscription, Id(owner)]).map(drop)
}

const CHECKPOINT: &str = "SELECT position, event_id, fence FROM cq_subscription WHERE name = ?";

pub(super) fn checkpoint(conn: &Connection, subscription: &str) -> rusqlite::Result<Option<Checkpoint>> {
    let mut statement = conn.prepare_cached(CHECKPOINT)?;
    checkpoint_of(&mut statement, subscription)
}

fn checkpoint_of(statement: &mut Statement<'_>, subscription: &str) -> rusqlite::Result<Option<Checkpoint>> {
    let checkpoint = |row: &SqlRow<'_>| {
        let (position, event_id) = (row.get::<_, Option<Row>>(0)?, row.get::<_, Option<Id>>(1)?);
        Ok(Checkpoint {
            at: position.zip(event_id).map(|(position, id)| (position.0, id.0)),
            fence: row.get::<_, Count>(2)?.0,
        })
    };
    statement.query_row([subscription], checkpoint).optional()
}

/// Puts events aside.
pub(super) fn park(conn: &Writing<'_>, letters: &[DeadLetter]) -> Result<(), Fault> {
    const PARK: &str = "REPLACE INTO cq_dead_letter
        (subscription, position, event_id, name, stream, error, attempts, parked_at, replay)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    for DeadLetter { subscription, position, event_id, name, stream, error, attempts, parked_at, replay } in letters {
        fail_points::hit("dead_letter.before");
        let stream = stream.as_ref().map(StreamId::as_str);
        let parked = conn.prepare_cached(PARK).and_then(|mut statement| {
            let row = Row(*position);
            let since = Time(*parked_at);
            statement.execute(params![subscription, row, Id(*event_id), name, stream, error, attempts, since, replay])
        });
        parked.map_err(|error| fault_of(error, &format!("putting the event {event_id} aside")))?;
        fail_points::hit("dead_letter.after");
    }
    Ok(())
}

/// Changes what has been put aside, where it still is.
pub(super) fn retell(conn: &Writing<'_>, letters: &[DeadLetter]) -> Result<(), Fault> {
    const RETELL: &str = "UPDATE cq_dead_letter SET error = ?, attempts = ?, parked_at = ?, replay = ?
        WHERE subscription = ? AND position = ? AND event_id = ?";
    for DeadLetter { subscription, position, event_id, error, attempts, parked_at, replay, .. } in letters {
        let (row, since) = (Row(*position), Time(*parked_at));
        conn.prepare_cached(RETELL)
            .and_then(|mut statement| {
                statement.execute(params![error, attempts, since, replay, subscription, row, Id(*event_id)])
            })
            .map_err(|error| fault_of(error, &format!("changing the dead letter {event_id}")))?;
    }
    Ok(())
}

/// Takes back what has been put aside; whoever else has done so before was first.
pub(super) fn unpark(conn: &Writing<'_>, unparked: &[(Arc<str>, MessageId)]) -> Result<(), Fault> {
    const UNPARK: &str = "DELETE FROM cq_dead_letter WHERE subscription = ? AND event_id = ?";
    for (subscription, event_id) in unparked {
        let unparked = conn
            .prepare_cached(UNPARK)
            .and_then(|mut statement| statement.execute(params![subscription, Id(*event_id)]))
            .map_err(|error| fault_of(error, &format!("taking back the dead letter {event_id}")))?;
        if unparked == 0 {
            let text = format!("the event {event_id} is no dead letter of `{subscription}` any more");
            return Err(Fault::conflict(text));
        }
    }
    Ok(())
}

/// What a subscription could not handle, in the order of the log.
pub(super) fn dead_letters(conn: &Connection, subscription: &str) -> rusqlite::Result<Vec<DeadLetter>> {
    const LETTERS: &str = "SELECT subscription, position, event_id, name, stream, error, attempts, parked_at, replay
        FROM cq_dead_letter WHERE subscription = ? ORDER BY position";
    let letter = |row: &SqlRow<'_>| {
        Ok(DeadLetter {
            subscription: row.get::<_, String>(0)?.into(),
            position: row.get::<_, Row>(1)?.0,
            event_id: row.get::<_, Id>(2)?.0,
            name: Cow::Owned(row.get(3)?),
            stream: row.get::<_, Option<String>>(4)?.map(StreamId::from),
            error: row.get(5)?,
            attempts: row.get(6)?,
            parked_at: row.get::<_, Time>(7)?.0,
            replay: row.get(8)?,
        })
    };
    conn.prepare_cached(LETTERS)?.query_map([subscription], letter)?.collect()
}
