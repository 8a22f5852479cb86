//! What the callers send, and who handles it.

use cqrs_core::{Events, Fault, command, event, handler, query};
use cqrs_sqlite::{ReadDb, WriteTx};
use load::Order;
use serde::{Deserialize, Serialize};

use super::PRODUCTS;

/// An event that says what an order does, in the order's own JSON.
macro_rules! event_of_an_order {
    ($event:ident, $name:literal) => {
        #[event(name = $name)]
        #[derive(Clone, Serialize, Deserialize)]
        pub(super) struct $event {
            #[aggregate_id("order")]
            pub(super) order: u64,
            pub(super) customer: String,
            pub(super) address: String,
            pub(super) article: String,
            pub(super) quantity: u32,
            pub(super) cents: u32,
            pub(super) note: String,
        }

        impl From<Order> for $event {
            fn from(order: Order) -> Self {
                let Order { order, customer, address, article, quantity, cents, note } = order;
                $event { order, customer, address, article, quantity, cents, note }
            }
        }
    };
}

event_of_an_order!(Placed, "order.placed");
// What the durable handlers of `delivery` are given.
event_of_an_order!(Packed, "order.packed");
event_of_an_order!(Sent, "order.sent");

/// Raises one event.
#[command]
pub(super) struct Place {
    pub(super) order: Order,
}

#[handler]
fn place(cmd: Place, events: &mut Events) {
    events.raise(Placed::from(cmd.order));
}

const AMOUNT: &str = "SELECT amount FROM stock WHERE product = ?";
const RESERVE: &str = "INSERT INTO reservation (product, amount, said) VALUES (?, ?, ?)";

/// Reads and writes in one closure, with the writer held.
#[command(error = Fault)]
pub(super) struct ReserveInOne {
    pub(super) order: Order,
}

#[handler]
async fn reserve_in_one(cmd: ReserveInOne, tx: &mut WriteTx) -> Result<(), Fault> {
    let (product, said) = (cmd.order.order % PRODUCTS, cmd.order.json());
    tx.run(move |conn| {
        let amount: i64 = conn.prepare_cached(AMOUNT)?.query_row([product as i64], |row| row.get(0))?;
        conn.prepare_cached(RESERVE)?.execute((product as i64, amount.min(3), said)).map(drop)
    })
    .await
}

/// Reads and writes by statements of its own, with the writer held from the first to the commit.
#[command(error = Fault)]
pub(super) struct ReserveInTwo {
    pub(super) order: Order,
}

#[handler]
async fn reserve_in_two(cmd: ReserveInTwo, tx: &mut WriteTx) -> Result<(), Fault> {
    let product = cmd.order.order % PRODUCTS;
    let amount: Option<i64> = tx.one(AMOUNT, (product as i64,)).await?;
    tx.execute(RESERVE, (product as i64, amount.unwrap_or(0).min(3), cmd.order.json())).await.map(drop)
}

/// Reads beside the writer, and writes in the commit.
#[command(error = Fault)]
pub(super) struct ReserveAtCommit {
    pub(super) order: Order,
}

#[handler]
async fn reserve_at_commit(cmd: ReserveAtCommit, db: &ReadDb, tx: &mut WriteTx) -> Result<(), Fault> {
    let product = cmd.order.order % PRODUCTS;
    let amount: Option<i64> = db.one(AMOUNT, (product as i64,)).await?;
    tx.defer_execute(RESERVE, (product as i64, amount.unwrap_or(0).min(3), cmd.order.json())).await
}

/// A point query.
#[query(output = Option<Stock>, error = Fault)]
pub(super) struct InStock {
    pub(super) product: u64,
}

/// A row, as the raw candidates read it too.
#[derive(Clone, Serialize, Deserialize)]
pub struct Stock {
    pub product: i64,
    pub amount: i64,
}

#[handler]
async fn in_stock(query: InStock, db: &ReadDb) -> Result<Option<Stock>, Fault> {
    stock_of(db, query.product).await
}

pub(super) async fn stock_of(db: &ReadDb, product: u64) -> Result<Option<Stock>, Fault> {
    db.one("SELECT product, amount FROM stock WHERE product = ?", (product as i64,)).await
}
