//! The framework on its SQLite store, with every default: the audit trail is kept, and a commit is on the disk before
//! it is answered.

mod delivery;
mod messages;

use std::error::Error;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use cqrs_core::{Bus, Fault, StreamId};
use cqrs_sqlite::{ReadDb, Sqlite};
use load::{Cell, Measured, Order};

pub use self::messages::Stock;
use self::messages::{InStock, Place, ReserveAtCommit, ReserveInOne, ReserveInTwo, stock_of};

pub use self::delivery::{EVENTS as DELIVERED, prepare as prepare_delivery};

/// The application's own tables: what is there, and what is promised of it.
const SCHEMA: [(&str, &str); 1] = [(
    "stock",
    "CREATE TABLE stock (product INTEGER PRIMARY KEY, amount INTEGER NOT NULL) STRICT;
    CREATE TABLE reservation (
        id INTEGER PRIMARY KEY, product INTEGER NOT NULL, amount INTEGER NOT NULL, said TEXT NOT NULL) STRICT;
    INSERT INTO stock WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
        SELECT i, 1000000 FROM n;
    CREATE TABLE delivered (number INTEGER NOT NULL, said TEXT NOT NULL) STRICT;",
)];

/// How many products there are.
pub const PRODUCTS: u64 = 1_000;

/// The database of all candidates that are linked with our SQLite.
///
/// # Errors
/// Why it cannot be opened.
pub async fn open(file: &Path) -> Result<Sqlite, Box<dyn Error>> {
    Ok(Sqlite::options(file).migrations(SCHEMA).open().await?)
}

/// Answers one cell.
///
/// # Errors
/// What the store says, or that there is no such workload.
pub async fn run(cell: Cell) -> Result<Measured, Box<dyn Error>> {
    let db = open(&cell.file).await?;
    let bus = Bus::builder().store(db.clone()).build();
    let measured = match &*cell.workload {
        "delivery" | "delivery-tx" => return delivery::run(&cell, &bus).await,
        "query" if cell.candidate == "reads" => load::carry(&cell, reads(db.reads())).await,
        "stream" => load::carry(&cell, read_streams(&bus, events(&db.reads()).await?)).await,
        workload => load::carry(&cell, calls(&bus, workload)?).await,
    };
    Ok(Measured { sqlite: cqrs_sqlite::rusqlite::version().to_owned(), ..measured })
}

/// Makes so many calls from 64 callers, and nothing else: for whoever counts what a call takes.
///
/// # Errors
/// What the store says, or that there is no such workload.
pub async fn repeat(bus: &Bus, workload: &str, first: u64, count: u64) -> Result<(), Box<dyn Error>> {
    const CALLERS: u64 = 64;
    let call = calls(bus, workload)?;
    let caller = |caller: u64| {
        let call = call.clone();
        tokio::spawn(async move {
            for number in (caller..count).step_by(CALLERS as usize) {
                call(first + number).await?;
            }
            Ok::<(), String>(())
        })
    };
    let callers: Vec<_> = (0..CALLERS).map(caller).collect();
    for caller in callers {
        caller.await??;
    }
    Ok(())
}

/// Fills a database with the events of the orders `0..count`, as far as they are not there.
///
/// # Errors
/// What the store says.
pub async fn fill(file: &Path, count: u64) -> Result<(), Box<dyn Error>> {
    let db = open(file).await?;
    let bus = Bus::builder().store(db.clone()).build();
    let there = events(&db.reads()).await?;
    for first in (there..count).step_by(10_000) {
        repeat(&bus, "event", first, (count - first).min(10_000)).await?;
    }
    Ok(())
}

/// Writes the log of a database back, so that all of it is in its one file.
///
/// # Errors
/// What SQLite says.
pub fn write_back(file: &Path) -> cqrs_sqlite::rusqlite::Result<()> {
    let conn = cqrs_sqlite::rusqlite::Connection::open(file)?;
    // The threads of the database that was closed may still be at it.
    while conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get::<_, bool>(0))? {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    Ok(())
}

async fn events(reads: &ReadDb) -> Result<u64, Fault> {
    Ok(reads.one::<u64>("SELECT coalesce(max(position), 0) FROM cq_event", ()).await?.unwrap_or(0))
}

type Call = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// What a caller does under a workload. The box is in every candidate's favour alike: it costs one allocation.
fn calls(bus: &Bus, workload: &str) -> Result<impl Fn(u64) -> Call + Clone + Send + use<>, String> {
    macro_rules! call {
        ($way:ident, $message:expr) => {{
            let bus = bus.clone();
            Arc::new(move |number| {
                let bus = bus.clone();
                Box::pin(async move {
                    let done = bus.$way($message(number)).await;
                    done.map(drop).map_err(|error| error.to_string())
                }) as Call
            })
        }};
    }
    let call: Arc<dyn Fn(u64) -> Call + Send + Sync> = match workload {
        "event" => call!(execute, |number| Place { order: Order::number(number) }),
        "own-sql-run" => call!(execute, |number| ReserveInOne { order: Order::number(number) }),
        "own-sql-statements" => call!(execute, |number| ReserveInTwo { order: Order::number(number) }),
        "own-sql-deferred" => call!(execute, |number| ReserveAtCommit { order: Order::number(number) }),
        "query" => call!(query, |number: u64| InStock { product: number % PRODUCTS }),
        _ => return Err(format!("there is no workload `{workload}`")),
    };
    Ok(move |number| call(number))
}

/// The same query as the bus's, without a bus.
fn reads(reads: ReadDb) -> impl Fn(u64) -> Call + Clone + Send {
    move |number| {
        let reads = reads.clone();
        Box::pin(async move {
            let found = stock_of(&reads, number % PRODUCTS).await;
            found.map(drop).map_err(|fault| fault.to_string())
        })
    }
}

/// Reads the stream of an order that is there.
fn read_streams(bus: &Bus, orders: u64) -> impl Fn(u64) -> Call + Clone + Send + use<> {
    let log = bus.log();
    move |number: u64| {
        let log = log.clone();
        Box::pin(async move {
            // Far from the one before.
            let order = number.wrapping_mul(7_919) % orders.max(1);
            let events = log.read_stream(&StreamId::new("order", order), 0, 10).await;
            events.map(drop).map_err(|fault| fault.to_string())
        })
    }
}
