//! Delivery of what is in the log to durable handlers.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use cqrs_core::{Bus, Events, Fault, command, handler};
use cqrs_sqlite::WriteTx;
use load::{Cell, Measured, Order, peak_kib, resident_kib};

use super::messages::{Packed, Sent};
use super::open;

/// How many events wait for the handler that is measured.
pub const EVENTS: u64 = 40_000;

#[command]
struct Log {
    first: u64,
    count: u64,
    sent: bool,
}

#[handler]
fn log(cmd: Log, events: &mut Events) {
    for order in (cmd.first..cmd.first + cmd.count).map(Order::number) {
        match cmd.sent {
            true => events.raise(Sent::from(order)),
            false => events.raise(Packed::from(order)),
        }
    }
}

#[handler(name = "counts", from = start)]
async fn count(event: Packed) {
    black_box(event.quantity);
}

#[handler(name = "writes", from = start)]
async fn write(event: Sent, tx: &mut WriteTx) -> Result<(), Fault> {
    let row = (event.order as i64, event.note);
    tx.execute("INSERT INTO delivered (number, said) VALUES (?, ?)", row).await.map(drop)
}

/// How fast a handler that was away is told what it has missed.
pub(super) async fn run(cell: &Cell, bus: &Bus) -> Result<Measured, Box<dyn Error>> {
    fill(bus, cell.workload == "delivery-tx").await?;
    let rest_kib = resident_kib();
    let start = Instant::now();
    let started = bus.start().await?;
    bus.settled().await;
    let rate = EVENTS as f64 / start.elapsed().as_secs_f64();
    started.shutdown().await;
    Ok(Measured { rate, rest_kib, peak_kib: peak_kib(), ..Measured::default() })
}

/// A database with the events in its log, for who reads them by hand.
///
/// # Errors
/// What the store says.
pub async fn prepare(file: &Path) -> Result<(), Box<dyn Error>> {
    fill(&Bus::builder().store(open(file).await?).build(), true).await
}

async fn fill(bus: &Bus, sent: bool) -> Result<(), Box<dyn Error>> {
    const TOGETHER: u64 = 1_000;
    for first in (0..EVENTS).step_by(TOGETHER as usize) {
        bus.execute(Log { first, count: TOGETHER, sent }).await?;
    }
    Ok(())
}
