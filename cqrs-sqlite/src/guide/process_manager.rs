//! A process that takes time: cancel an unpaid order after 30 minutes.
//!
//! Something happens, time passes, and then something else is to be done, unless it need not be any more. No memory of
//! a process is good for that: it may be restarted in between, and there may be several. What is good for it is here
//! already, a durable handler that sends a command for later:
//!
//! 1. `PlaceOrder` is committed, and with it the event `OrderPlaced`.
//! 2. The durable handler of `OrderPlaced` sends `CancelUnpaid` for 30 minutes after the event. That it has handled the
//!    event and that the command waits are one commit: no order is without its deadline, and none has two.
//! 3. When it is time, `CancelUnpaid` is carried out, and looks whether the order is paid. It asks and cancels in one
//!    transaction, so that a payment comes before it or after it, and not in between.
//!
//! Nobody takes the command back when the customer pays. It comes, finds nothing to do, and that is all.
//!
//! ```standalone_crate
//! use cqrs_core::{Bus, Clock, EventMeta, Events, Fault, Outbox, command, event, handler};
//! use cqrs_sqlite::{Sqlite, WriteTx};
//! use serde::{Deserialize, Serialize};
//! use std::time::{Duration, SystemTime};
//!
//! const TIME_TO_PAY: Duration = Duration::from_secs(30 * 60);
//!
//! #[event(name = "order.placed")]
//! #[derive(Clone, Serialize, Deserialize)]
//! struct OrderPlaced { #[aggregate_id("order")] order: i64 }
//!
//! #[event(name = "order.cancelled")]
//! #[derive(Clone, Serialize, Deserialize)]
//! struct OrderCancelled { #[aggregate_id("order")] order: i64 }
//!
//! #[command(output = i64, error = Fault)]
//! struct PlaceOrder;
//!
//! #[handler]
//! async fn place_order(_: PlaceOrder, tx: &mut WriteTx, events: &mut Events) -> Result<i64, Fault> {
//!     let id = tx.one("INSERT INTO orders (state) VALUES ('placed') RETURNING id", ()).await?;
//!     let order = id.ok_or_else(|| Fault::internal("an order has no id"))?;
//!     events.raise(OrderPlaced { order });
//!     Ok(order)
//! }
//!
//! /// `true`, if it was time.
//! #[command(output = bool, error = Fault)]
//! struct Pay { order: i64 }
//!
//! #[handler]
//! async fn pay(cmd: Pay, tx: &mut WriteTx) -> Result<bool, Fault> {
//!     let sql = "UPDATE orders SET state = 'paid' WHERE id = ? AND state = 'placed'";
//!     Ok(tx.execute(sql, (cmd.order,)).await? == 1)
//! }
//!
//! // The process. The time is the event's, so that it is the same whenever this runs.
//! #[handler(name = "time-to-pay", from = start)]
//! fn give_time_to_pay(event: OrderPlaced, meta: EventMeta, outbox: &mut Outbox) {
//!     outbox.send_at(CancelUnpaid { order: event.order }, meta.raised_at() + TIME_TO_PAY);
//! }
//!
//! #[command(wire, error = Fault)]
//! #[derive(Serialize, Deserialize)]
//! struct CancelUnpaid { order: i64 }
//!
//! #[handler]
//! async fn cancel_unpaid(cmd: CancelUnpaid, tx: &mut WriteTx, events: &mut Events) -> Result<(), Fault> {
//!     let sql = "UPDATE orders SET state = 'cancelled' WHERE id = ? AND state = 'placed'";
//!     if tx.execute(sql, (cmd.order,)).await? == 1 {
//!         events.raise(OrderCancelled { order: cmd.order });
//!     }
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("shop.db");
//! # const SCHEMA: [(&str, &str); 1] =
//! #     [("orders", "CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT NOT NULL) STRICT")];
//! # let db = Sqlite::options(path).migrations(SCHEMA).open().await.unwrap();
//! // A test moves the clock, and waits for nothing.
//! let clock = Clock::manual(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
//! let bus = Bus::builder().store(db.clone()).provide(clock.clone()).build();
//! let started = bus.start().await.unwrap();
//! # let state = async |order| {
//! #     db.reads().one::<String>("SELECT state FROM orders WHERE id = ?", (order,)).await.unwrap().unwrap()
//! # };
//! let unpaid = bus.execute(PlaceOrder).await.unwrap();
//! let paid = bus.execute(PlaceOrder).await.unwrap();
//! assert!(bus.execute(Pay { order: paid }).await.unwrap());
//!
//! clock.advance(TIME_TO_PAY - Duration::from_secs(1));
//! bus.settled().await;
//! assert_eq!(state(unpaid).await, "placed");
//!
//! clock.advance(Duration::from_secs(1));
//! bus.settled().await;
//! assert_eq!(state(unpaid).await, "cancelled");
//! assert_eq!(state(paid).await, "paid");
//! assert!(!bus.execute(Pay { order: unpaid }).await.unwrap()); // too late
//!
//! let told: Vec<_> = bus.log().read_all(None, 10).await.unwrap().into_iter().map(|event| event.name).collect();
//! assert_eq!(told, ["order.placed", "order.placed", "order.cancelled"]);
//! # let rows = bus.audit(cqrs_core::AuditQuery::default().command("CancelUnpaid")).await.unwrap();
//! # assert_eq!(rows.len(), 2);
//! # assert!(rows.iter().all(|row| row.call.principal().unwrap().id() == "time-to-pay"));
//! started.shutdown().await;
//! # }
//! ```
//!
//! # What to know
//!
//! - **It is late rather than early.** The command is dispatched when its time has come and a process runs that was
//!   [`start`](cqrs_core::Bus::start)ed; what became due meanwhile is dispatched when one starts. So the command asks
//!   what is true then, and not what was when it was sent.
//! - **The time is the machine's**, or that of the bus's [`Clock`](cqrs_core::Clock). If it is set forward by an hour,
//!   an order has an hour less.
//! - **The command has a wire name**, since it waits as JSON. It lasts as long as commands wait: give it a `name`, and
//!   do not take a field away that one in the outbox still has need of.
//! - **It runs as the system principal `time-to-pay`**, the subscription that sent it, which every `authorize` lets.
//!   What a person may send too should not rest on who sends it.
//! - **`from = start`** gives a deadline to every order there ever was, when this is first deployed on a log that is
//!   older: those that are unpaid are then cancelled at once. Without it only orders have one that are placed from then
//!   on.
//! - **More steps** are more of the same: the event of one is where the next begins. Methods of one `#[handler] impl`
//!   see the events of a process in order, with one checkpoint. What it has to remember is a row in a table of its own,
//!   written through `&mut WriteTx` in the same commit.
