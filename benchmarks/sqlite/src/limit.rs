//! What can be had by hand: rusqlite, the same tables, the same rows, and the same grouping, with nothing around them.
//!
//! One thread writes. It takes what waits into one transaction, each job in a savepoint, with statements that are
//! prepared once, and answers after the commit. Callers make ids, JSON and times, as any audited event store has to.

mod delivery;
mod query;
mod writer;

use std::error::Error;
use std::fmt::Write as _;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use cqrs_sqlite::rusqlite;
use load::{Cell, Measured, Order};
use tokio::sync::oneshot;
use uuid::Uuid;

use self::writer::{Event, Job, Reservation, Writer};
use crate::ours::{self, PRODUCTS};

/// Answers one cell.
///
/// # Errors
/// What SQLite says, or that there is no such workload.
pub async fn run(cell: Cell) -> Result<Measured, Box<dyn Error>> {
    // The tables are ours, made by ourselves.
    if cell.workload == "delivery-tx" {
        ours::prepare_delivery(&cell.file).await?;
        return delivery::run(&cell);
    }
    drop(ours::open(&cell.file).await?);
    let measured = match &*cell.workload {
        "event" | "own-sql" => {
            let (writer, reserves) = (Writer::spawn(&cell.file)?, cell.workload == "own-sql");
            let call = move |number| call(writer.clone(), reserves, number);
            load::carry(&cell, call).await
        }
        "query" => query::carry(&cell).await?,
        workload => return Err(format!("there is no workload `{workload}`").into()),
    };
    Ok(Measured { sqlite: rusqlite::version().to_owned(), ..measured })
}

/// What a caller does: all that the writer need not do.
async fn call(writer: Writer, reserves: bool, number: u64) -> Result<(), String> {
    let (started, started_at) = (Instant::now(), micros());
    let id = Uuid::now_v7();
    let mut call = String::with_capacity(128);
    write!(call, r#"{{"message_id":"{id}","correlation_id":"{id}","causation_id":null}}"#)
        .map_err(|error| error.to_string())?;
    let order = Order::number(number);
    let event = (!reserves).then(|| Event {
        id: Uuid::now_v7().into_bytes(),
        stream: format!("order-{}", order.order),
        payload: order.json(),
    });
    let product = (order.order % PRODUCTS) as i64;
    let reservation = reserves.then(|| Reservation { product, said: order.json() });
    let (reply, answer) = oneshot::channel();
    writer.send(Job {
        command_id: id.into_bytes(),
        correlation_id: id.to_string(),
        call,
        started_at,
        started,
        event,
        reservation,
        reply,
    })?;
    answer.await.map_err(|_| "the writer has ended".to_owned())?
}

/// Microseconds since 1970.
fn micros() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros() as i64)
}
