//! evento 2.0.0-alpha.38, which its README has applications pin.
//!
//! Fastest as documented: `Rw`, a pool that reads beside one that writes, in WAL, as its own tests open it; they set
//! `synchronous = NORMAL`, which does not sync a commit, so the durable candidates set FULL. `default` is what its README
//! shows, a pool with sqlx's defaults: no WAL, and synced. Each order is an aggregate of its own, which is the cheapest
//! write: that of an existing one reads its version first. An order is JSON inside of evento's binary event.

#![forbid(unsafe_code)]

use std::error::Error;
use std::time::Duration;

use evento::migrator::{Migrate, Plan};
use load::{Cell, Measured, Order};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

#[evento::aggregate(name = "shop/Purchase")]
pub enum Purchase {
    OrderPlaced { order: String },
}

async fn pool(cell: &Cell, connections: u32, reads: bool) -> sqlx::Result<SqlitePool> {
    let options = SqliteConnectOptions::new().filename(&cell.file).create_if_missing(true);
    if cell.candidate == "default" {
        return SqlitePoolOptions::new().connect_with(options).await;
    }
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        .read_only(reads)
        .pragma("cache_size", "-20000")
        .pragma("temp_store", "memory");
    SqlitePoolOptions::new().max_connections(connections).connect_with(options).await
}

async fn migrate(pool: &SqlitePool) -> Result<(), Box<dyn Error>> {
    let mut conn = pool.acquire().await?;
    evento::sql_migrator::new::<sqlx::Sqlite>()?.run(&mut *conn, &Plan::apply_all()).await?;
    Ok(())
}

async fn place<E: evento::Executor>(executor: &E, number: u64) -> Result<(), String> {
    let order = Order::number(number).json();
    let placed = evento::create().event(&OrderPlaced { order }).commit(executor).await;
    placed.map(drop).map_err(|error| error.to_string())
}

async fn load<E: evento::Executor + Clone>(cell: &Cell, executor: E) -> Measured {
    let call = move |number| {
        let executor = executor.clone();
        async move { place(&executor, number).await }
    };
    load::carry(cell, call).await
}

async fn run(cell: Cell) -> Result<Measured, Box<dyn Error>> {
    let connections = if cell.candidate == "one" { 1 } else { 10 };
    let writes = pool(&cell, connections, false).await?;
    migrate(&writes).await?;
    let sqlite: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&writes).await?;
    let measured = if cell.candidate == "default" {
        load(&cell, evento::Sqlite::from(writes)).await
    } else {
        let reads = pool(&cell, 10, true).await?;
        let executor: evento::sql::RwSqlite = (evento::Sqlite::from(reads), evento::Sqlite::from(writes)).into();
        load(&cell, executor).await
    };
    Ok(Measured { sqlite, ..measured })
}

fn main() -> Result<(), Box<dyn Error>> {
    load::answer(run)
}
