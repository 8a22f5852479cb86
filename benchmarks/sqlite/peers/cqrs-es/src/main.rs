//! cqrs-es 0.5 with sqlite-es 0.5.
//!
//! Fastest as documented: `default_sqlite_pool` is WAL and ten connections; it is also `synchronous = NORMAL`, which
//! does not sync a commit, so the durable candidates set FULL and are otherwise the same. Each order is an aggregate of
//! its own: on one aggregate every command would read all of its events first.

#![forbid(unsafe_code)]

use std::error::Error;
use std::sync::Arc;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use load::{Cell, Measured, Order};
use serde::{Deserialize, Serialize};
use sqlite_es::{default_sqlite_pool, sqlite_cqrs};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Pool, Sqlite};

/// The tables of sqlite-es, as its `migrations` make them, without its example's view and row.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS events (
      aggregate_type text NOT NULL,
      aggregate_id text NOT NULL,
      sequence integer CHECK (sequence >= 0) NOT NULL,
      event_type text NOT NULL,
      event_version text NOT NULL,
      payload text NOT NULL,
      metadata text NOT NULL,
      PRIMARY KEY (aggregate_type, aggregate_id, sequence)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS stock (product INTEGER PRIMARY KEY, amount INTEGER NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS reservation (
      id INTEGER PRIMARY KEY, product INTEGER NOT NULL, amount INTEGER NOT NULL, said TEXT NOT NULL) STRICT;
    INSERT OR IGNORE INTO stock WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
      SELECT i, 1000000 FROM n;";

#[derive(Debug, Default, Serialize, Deserialize)]
struct Purchase {
    placed: bool,
}

enum Command {
    Place(Order),
    Reserve(Order),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Placed(Order);

impl DomainEvent for Placed {
    fn event_type(&self) -> String {
        "order.placed".to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl Aggregate for Purchase {
    const TYPE: &'static str = "order";
    type Command = Command;
    type Event = Placed;
    type Error = Refused;
    type Services = Pool<Sqlite>;

    async fn handle(&mut self, command: Command, pool: &Pool<Sqlite>, sink: &EventSink<Self>) -> Result<(), Refused> {
        match command {
            Command::Place(order) => sink.write(Placed(order), self).await,
            // Its own statements cannot be in the transaction of its events: they have one of their own.
            Command::Reserve(order) => reserve(order, pool).await.map_err(|error| Refused(error.to_string()))?,
        }
        Ok(())
    }

    fn apply(&mut self, _: Placed) {
        self.placed = true;
    }
}

#[derive(Debug)]
struct Refused(String);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Refused {}

async fn reserve(order: Order, pool: &Pool<Sqlite>) -> sqlx::Result<()> {
    let product = (order.order % 1_000) as i64;
    // A deferred transaction that reads first is refused once another one has written.
    let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
    let (amount,): (i64,) =
        sqlx::query_as("SELECT amount FROM stock WHERE product = ?").bind(product).fetch_one(&mut *tx).await?;
    sqlx::query("INSERT INTO reservation (product, amount, said) VALUES (?, ?, ?)")
        .bind(product)
        .bind(amount.min(3))
        .bind(order.json())
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}

async fn pool(cell: &Cell) -> Result<Pool<Sqlite>, Box<dyn Error>> {
    let connections = match &*cell.candidate {
        "default" => return Ok(default_sqlite_pool(&format!("sqlite://{}", cell.file.display())).await),
        "ten" => 10,
        _ => 1,
    };
    let options = SqliteConnectOptions::new()
        .filename(&cell.file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true);
    Ok(SqlitePoolOptions::new().max_connections(connections).connect_with(options).await?)
}

async fn run(cell: Cell) -> Result<Measured, Box<dyn Error>> {
    let pool = pool(&cell).await?;
    sqlx::raw_sql(SCHEMA).execute(&pool).await?;
    let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()").fetch_one(&pool).await?;
    let cqrs = Arc::new(sqlite_cqrs::<Purchase>(pool.clone(), vec![], pool));
    let reserves = cell.workload == "own-sql";
    let measured = load::carry(&cell, move |number| {
        let cqrs = cqrs.clone();
        async move {
            let order = Order::number(number);
            let command = if reserves { Command::Reserve(order) } else { Command::Place(order) };
            cqrs.execute(&number.to_string(), command).await
        }
    });
    Ok(Measured { sqlite: version, ..measured.await })
}

fn main() -> Result<(), Box<dyn Error>> {
    load::answer(run)
}
