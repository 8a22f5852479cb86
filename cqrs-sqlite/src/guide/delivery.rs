//! What follows from a command: inline, durable, or through the outbox.
//!
//! A command's handler does what it has to decide itself. What follows from that comes in three ways:
//!
//! | | `#[handler(inline)]` of an event | `#[handler(name = "..")]` of an event, *durable* | a command through `&mut Outbox` |
//! | --- | --- | --- | --- |
//! | runs | before the commit, in the command's transaction | after it, from a checkpoint in the log | after it, or at a later time |
//! | sees | what the command has written so far | what is committed | what is committed |
//! | where it fails | the command fails, and nothing is kept | it is tried again; what can never be is a dead letter | it is tried again; what can never be is parked |
//! | where it says no | the same | it counts as a failure | that is its answer, and it is done |
//! | happens | exactly once, or not at all | at least once; in the store's transaction with effect once | the same |
//! | in the order of | the events of the call | the commits | what one call sent; different calls beside each other |
//! | who | any number of handlers | any number of handlers | the command's one handler |
//! | costs | the command takes longer, and holds the writer | what reads it may be a step behind | the same |
//!
//! - **Inline** is for what must never be untrue: a sum or a stock that is checked, a table that has to be right when
//!   the command returns. Nothing in it waits for anything but the database.
//! - **Durable** is for everything that somebody else may want to know: read models, mails, other systems, the next
//!   step of a [process](super::process_manager). Whoever is added later says `from = start` to hear of everything, and
//!   begins with what comes next otherwise.
//! - **The outbox** is for one thing that has to be done: with an answer that may be no, by one handler, or not yet.
//!
//! In doubt it is durable: a command that does less fails less.
//!
//! ```standalone_crate
//! use cqrs_core::{Bus, EventMeta, Events, Fault, FaultKind, Outbox, command, event, handler};
//! use cqrs_sqlite::{Sqlite, WriteTx};
//! use serde::{Deserialize, Serialize};
//! # use std::sync::{Arc, Mutex};
//!
//! #[event(name = "order.placed")]
//! #[derive(Clone, Serialize, Deserialize)]
//! struct OrderPlaced {
//!     #[aggregate_id("order")]
//!     order: i64,
//!     quantity: i64,
//! }
//!
//! #[command(output = i64, error = Fault)]
//! struct PlaceOrder { quantity: i64 }
//!
//! #[handler]
//! async fn place_order(
//!     cmd: PlaceOrder,
//!     tx: &mut WriteTx,
//!     events: &mut Events,
//!     outbox: &mut Outbox,
//! ) -> Result<i64, Fault> {
//!     let id = tx.one("INSERT INTO orders (quantity) VALUES (?) RETURNING id", (cmd.quantity,)).await?;
//!     let order = id.ok_or_else(|| Fault::internal("an order has no id"))?;
//!     events.raise(OrderPlaced { order, quantity: cmd.quantity });
//!     outbox.send(Ship { order });
//!     Ok(order)
//! }
//!
//! // There is no moment in which more is ordered than there is.
//! #[handler(inline)]
//! async fn reserve(event: OrderPlaced, tx: &mut WriteTx) -> Result<(), Fault> {
//!     let sql = "UPDATE stock SET pieces = pieces - ?1 WHERE pieces >= ?1";
//!     match tx.execute(sql, (event.quantity,)).await? {
//!         0 => Err(Fault::conflict("there are not as many")),
//!         _ => Ok(()),
//!     }
//! }
//!
//! // A read model: in the store's transaction, so each event counts once.
//! #[handler(name = "best-sellers", from = start)]
//! async fn count(event: OrderPlaced, tx: &mut WriteTx) -> Result<(), Fault> {
//!     tx.defer_execute("UPDATE sold SET pieces = pieces + ?", (event.quantity,)).await
//! }
//!
//! // A mail: at least once, so whoever sends it is told which event it is for.
//! #[handler(name = "order-mail", from = start)]
//! async fn confirm(event: OrderPlaced, meta: EventMeta, mailer: &Mailer) -> Result<(), Fault> {
//!     mailer.send(&meta.event_id().to_string(), format!("we have your order {}", event.order))
//! }
//!
//! // One thing to be done, by one handler. It is sent as JSON, so it has a wire name.
//! #[command(wire, error = Fault)]
//! #[derive(Serialize, Deserialize)]
//! struct Ship { order: i64 }
//!
//! #[handler]
//! async fn ship(cmd: Ship, mailer: &Mailer) -> Result<(), Fault> {
//!     mailer.send(&format!("ship {}", cmd.order), format!("to the parcel service: order {}", cmd.order))
//! }
//!
//! # #[derive(Clone, Default)]
//! # struct Mailer(Arc<Mutex<std::collections::BTreeMap<String, String>>>);
//! # impl Mailer {
//! #     fn send(&self, key: &str, text: String) -> Result<(), Fault> {
//! #         self.0.lock().unwrap().insert(key.to_owned(), text);
//! #         Ok(())
//! #     }
//! # }
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("shop.db");
//! # const SCHEMA: [(&str, &str); 1] = [("shop", "
//! #     CREATE TABLE orders (id INTEGER PRIMARY KEY, quantity INTEGER NOT NULL) STRICT;
//! #     CREATE TABLE stock (pieces INTEGER NOT NULL) STRICT; INSERT INTO stock VALUES (5);
//! #     CREATE TABLE sold (pieces INTEGER NOT NULL) STRICT; INSERT INTO sold VALUES (0);
//! # ")];
//! let db = Sqlite::options(path).migrations(SCHEMA).open().await.unwrap();
//! let mailer = Mailer::default();
//! let bus = Bus::builder().store(db.clone()).provide(mailer.clone()).build();
//! let started = bus.start().await.unwrap();
//! bus.execute(PlaceOrder { quantity: 4 }).await.unwrap();
//! // Inline said no: there is no order, no mail, and nothing to ship.
//! let refused = bus.execute(PlaceOrder { quantity: 2 }).await.unwrap_err();
//! assert_eq!(refused.fault().unwrap().kind(), FaultKind::Conflict);
//! bus.settled().await;
//! # let number = async |sql| db.reads().one::<i64>(sql, ()).await.unwrap().unwrap();
//! assert_eq!(number("SELECT count(*) FROM orders").await, 1);
//! assert_eq!(number("SELECT pieces FROM stock").await, 1);
//! assert_eq!(number("SELECT pieces FROM sold").await, 4);
//! assert_eq!(mailer.0.lock().unwrap().len(), 2); // a mail, and a parcel
//! started.shutdown().await;
//! # }
//! ```
//!
//! What an inline handler says no to reaches the caller as a fault, since the command declared no such answer: of the
//! kind that the handler gave it where its error is a `Fault`, as above, and of kind `Internal` otherwise.
//!
//! # What a durable handler may take
//!
//! - `&mut WriteTx`, `&mut Events`, `&mut Outbox`, and what a provider or a builder makes of them for the call: all of
//!   it is in one commit with the checkpoint. Of a handler that takes nothing else (but `EventMeta` and the like), events
//!   that come one after the other share such commits while all goes well, which is many times as fast.
//! - `&T`: what it does there is outside. The checkpoint moves after it, so that a crash in between does it again.
//! - `bus: CommandBus` by value, where it has no resource: a command that it executes gets a key that is derived from
//!   the subscription, the event and the command, so that an `idempotent` one is carried out once, however often the
//!   event comes. In a handler with resources that is a fault; there it is `&mut Outbox`.
//!
//! # When something goes wrong
//!
//! [`Bus::subscriptions`](cqrs_core::Bus::subscriptions) and [`Bus::outbox`](cqrs_core::Bus::outbox) say how each is,
//! and what waits. A program that serves a health check asks them there:
//!
//! ```
//! use cqrs_core::{Bus, Fault, Health};
//!
//! async fn is_well(bus: &Bus) -> Result<bool, Fault> {
//!     for subscription in bus.subscriptions() {
//!         let status = subscription.status().await?;
//!         // `Elsewhere` is well: another process has it.
//!         if matches!(status.health, Health::Retrying { .. } | Health::Halted { .. }) || status.dead_letters > 0 {
//!             return Ok(false);
//!         }
//!     }
//!     Ok(bus.outbox().parked().await?.is_empty())
//! }
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! # let directory = tempfile::tempdir().unwrap();
//! # let db = cqrs_sqlite::Sqlite::open(directory.path().join("shop.db")).await.unwrap();
//! # assert!(is_well(&Bus::builder().store(db).build()).await.unwrap());
//! # }
//! ```
//!
//! An event that its handler cannot do becomes a dead letter, and its stream waits behind it. Once what was wrong has
//! been mended, it is replayed, or skipped:
//!
//! ```
//! # use cqrs_core::{Bus, Fault};
//! async fn mend(bus: &Bus, hopeless: cqrs_core::MessageId) -> Result<(), Fault> {
//!     let Some(mails) = bus.subscription("order-mail") else { return Ok(()) };
//!     for letter in mails.dead_letters().await? {
//!         println!("{} at {}: {:?}", letter.name, letter.position, letter.error);
//!         if letter.event_id == hopeless {
//!             mails.skip(hopeless).await?;
//!         }
//!     }
//!     mails.replay_all().await
//! }
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! # let directory = tempfile::tempdir().unwrap();
//! # let db = cqrs_sqlite::Sqlite::open(directory.path().join("shop.db")).await.unwrap();
//! # mend(&Bus::builder().store(db).build(), cqrs_core::MessageId::new()).await.unwrap();
//! # }
//! ```
//!
//! Of the outbox it is [`retry`](cqrs_core::OutboxQueue::retry) and [`discard`](cqrs_core::OutboxQueue::discard).
//!
//! # In a test
//!
//! [`Bus::settled`](cqrs_core::Bus::settled) waits until nothing waits for a handler, so not while one is tried again
//! and again: `delivery_attempts(1)` makes an end of it. Where tokio's time is paused,
//! [`Clock::of_runtime`](cqrs_core::Clock::of_runtime) lets what was sent for later come when the test sleeps so long.
//! [`InMemoryStore`](cqrs_core::InMemoryStore) is for handlers that take no `WriteTx`; those that do have a database in
//! a temporary directory, which is as quick to make as a file.
