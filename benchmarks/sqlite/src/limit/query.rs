//! Point queries by hand: a connection for each thread, and either there or in a blocking thread.

use std::cell::RefCell;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cqrs_sqlite::rusqlite::{self, Connection, OpenFlags, OptionalExtension};
use load::{Cell, Measured};

use crate::ours::{PRODUCTS, Stock};

thread_local! {
    static CONN: RefCell<Option<Connection>> = const { RefCell::new(None) };
}

pub(super) async fn carry(cell: &Cell) -> Result<Measured, Box<dyn Error>> {
    let file: Arc<Path> = cell.file.clone().into();
    // As many as a pool of connections would have at most: a blocking thread has one of its own.
    let apart = cell.candidate == "limit-blocking";
    let call = move |number: u64| {
        let file = file.clone();
        async move {
            let read = move || stock(&file, (number % PRODUCTS) as i64).map(drop).map_err(|error| error.to_string());
            match apart {
                true => tokio::task::spawn_blocking(read).await.map_err(|error| error.to_string())?,
                false => {
                    let result = read();
                    // Nothing else gives the other callers their turn.
                    tokio::task::coop::consume_budget().await;
                    result
                }
            }
        }
    };
    Ok(load::carry(cell, call).await)
}

fn stock(file: &Path, product: i64) -> rusqlite::Result<Option<Stock>> {
    CONN.with_borrow_mut(|kept| {
        let conn = match kept {
            Some(conn) => conn,
            none => none.insert(open(file.to_owned())?),
        };
        let mut statement = conn.prepare_cached("SELECT product, amount FROM stock WHERE product = ?")?;
        let row = |row: &rusqlite::Row<'_>| Ok(Stock { product: row.get(0)?, amount: row.get(1)? });
        statement.query_row([product], row).optional()
    })
}

fn open(file: PathBuf) -> rusqlite::Result<Connection> {
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
}
