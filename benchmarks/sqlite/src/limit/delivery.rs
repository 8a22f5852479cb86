//! Delivery by hand: a loop that reads pages of the log, writes a row for each event, and moves its checkpoint in the
//! same transactions.

use std::error::Error;
use std::time::Instant;

use cqrs_sqlite::rusqlite::{self, Connection};
use load::{Cell, Measured, Order, peak_kib, resident_kib};

use crate::ours::DELIVERED;

/// As the bus does it: so many events are read at once, and so many share a commit.
const PAGE: usize = 256;
const TOGETHER: usize = 128;

pub(super) fn run(cell: &Cell) -> Result<Measured, Box<dyn Error>> {
    let (reads, writes) = (Connection::open(&cell.file)?, Connection::open(&cell.file)?);
    writes.pragma_update(None, "synchronous", "FULL")?;
    writes.execute_batch("INSERT INTO cq_subscription (name, position, fence) VALUES ('by hand', 0, 1)")?;
    let rest_kib = resident_kib();
    let start = Instant::now();
    let (mut after, mut delivered) = (0, 0);
    loop {
        let page = read(&reads, after)?;
        for events in page.chunks(TOGETHER) {
            write(&writes, after, events)?;
            after = events[events.len() - 1].0;
            delivered += events.len() as u64;
        }
        if page.len() < PAGE {
            break;
        }
    }
    let rate = delivered as f64 / start.elapsed().as_secs_f64();
    match delivered {
        DELIVERED => Ok(Measured { rate, rest_kib, peak_kib: peak_kib(), ..Measured::default() }),
        _ => Err(format!("{delivered} events were delivered, and {DELIVERED} are there").into()),
    }
}

type Event = (i64, Vec<u8>, String);

fn read(conn: &Connection, after: i64) -> rusqlite::Result<Vec<Event>> {
    const READ: &str = "SELECT position, event_id, payload FROM cq_event
        WHERE position > ? AND name = 'order.sent' ORDER BY position LIMIT ?";
    let mut statement = conn.prepare_cached(READ)?;
    statement.query_map((after, PAGE as i64), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

fn write(conn: &Connection, after: i64, events: &[Event]) -> Result<(), Box<dyn Error>> {
    conn.prepare_cached("BEGIN IMMEDIATE")?.execute(())?;
    for (.., payload) in events {
        let Order { order, note, .. } = serde_json::from_str(payload)?;
        conn.prepare_cached("INSERT INTO delivered (number, said) VALUES (?, ?)")?.execute((order as i64, note))?;
    }
    let (position, id, _) = &events[events.len() - 1];
    const MOVE: &str = "UPDATE cq_subscription SET position = ?, event_id = ?
        WHERE name = 'by hand' AND fence = 1 AND position = ?";
    if conn.prepare_cached(MOVE)?.execute((position, id, after))? != 1 {
        return Err("somebody else has moved the checkpoint".into());
    }
    Ok(conn.prepare_cached("COMMIT")?.execute(()).map(drop)?)
}
