//! eventcore 2.1 with its SQLite backend.
//!
//! Fastest as documented: `SqliteEventStore::new` is WAL on one connection and leaves `synchronous` at SQLite's own
//! default, which is FULL: the default is durable, and there is no faster one. Each order is a stream of its own.

#![forbid(unsafe_code)]

use std::error::Error;
use std::sync::Arc;

use eventcore::{Command, CommandError, CommandLogic, Event, NewEvents, RetryPolicy, StreamId, execute};
use eventcore_sqlite::{SqliteConfig, SqliteEventStore, rusqlite};
use load::{Cell, Measured, Order};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Placed {
    stream: StreamId,
    order: Order,
}

impl Event for Placed {
    fn stream_id(&self) -> &StreamId {
        &self.stream
    }

    fn event_type_name() -> &'static str {
        "order.placed"
    }
}

#[derive(Command)]
struct Place {
    #[stream]
    stream: StreamId,
    order: Order,
}

impl CommandLogic for Place {
    type Event = Placed;
    type State = ();

    fn apply(&self, (): (), _: &Placed) {}

    fn handle(&self, (): ()) -> Result<NewEvents<Placed>, CommandError> {
        Ok(vec![Placed { stream: self.stream.clone(), order: self.order.clone() }].into())
    }
}

async fn run(cell: Cell) -> Result<Measured, Box<dyn Error>> {
    let store = SqliteEventStore::new(SqliteConfig { path: cell.file.clone(), encryption_key: None })?;
    store.migrate().await?;
    let store = Arc::new(store);
    let measured = load::carry(&cell, move |number| {
        let store = store.clone();
        async move {
            let stream = StreamId::try_new(format!("order-{number}")).map_err(|error| error.to_string())?;
            let place = Place { stream, order: Order::number(number) };
            execute(&*store, place, RetryPolicy::new()).await.map(drop).map_err(|error| error.to_string())
        }
    });
    Ok(Measured { sqlite: rusqlite::version().to_owned(), ..measured.await })
}

fn main() -> Result<(), Box<dyn Error>> {
    load::answer(run)
}
