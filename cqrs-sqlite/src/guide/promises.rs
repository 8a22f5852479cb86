//! What is promised, and what is not.
//!
//! Each promise has tests that try to break it, on processes that are killed too. Each holds within limits, which stand
//! beside it: what is not written here is not promised.
//!
//! # A call is all or nothing
//!
//! What a command's handler writes through [`WriteTx`](crate::WriteTx), the events it raises, the commands it sends
//! through the outbox, the outcome that is kept under its idempotency key and its row of the audit trail are one
//! transaction: all of it is there, or none. Of a rejection only the outcome and the row are. That holds when the
//! process is killed at any moment, and no answer leaves before the transaction is on the disk: what was answered is
//! there after a loss of power.
//!
//! ```standalone_crate
//! use cqrs_core::{AuditOutcome, AuditQuery, Bus, Events, Fault, Problem, command, event, handler};
//! use cqrs_sqlite::{Sqlite, WriteTx};
//! use serde::{Deserialize, Serialize};
//!
//! #[event(name = "money.taken")]
//! #[derive(Clone, Serialize, Deserialize)]
//! struct MoneyTaken { cents: i64 }
//!
//! #[command(error = TakeError)]
//! struct Take { cents: i64 }
//!
//! #[derive(Debug, thiserror::Error, Problem)]
//! enum TakeError {
//!     #[error("there is not enough")]
//!     NotEnough,
//!     #[error(transparent)]
//!     #[fault]
//!     Store(Fault),
//! }
//!
//! #[handler]
//! async fn take(cmd: Take, tx: &mut WriteTx, events: &mut Events) -> Result<(), TakeError> {
//!     events.raise(MoneyTaken { cents: cmd.cents });
//!     let left = tx.one("UPDATE purse SET cents = cents - ? RETURNING cents", (cmd.cents,)).await?;
//!     // Written already, and not kept:
//!     if left < Some(0) { Err(TakeError::NotEnough) } else { Ok(()) }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("purse.db");
//! const PURSE: &str = "CREATE TABLE purse (cents INTEGER NOT NULL) STRICT; INSERT INTO purse VALUES (100)";
//! let db = Sqlite::options(path).migrations([("purse", PURSE)]).open().await.unwrap();
//! let bus = Bus::builder().store(db.clone()).build();
//! bus.execute(Take { cents: 30 }).await.unwrap();
//! bus.execute(Take { cents: 80 }).await.unwrap_err();
//! assert_eq!(db.reads().one::<i64>("SELECT cents FROM purse", ()).await.unwrap(), Some(70));
//! assert_eq!(bus.log().read_all(None, 10).await.unwrap().len(), 1);
//! let rows = bus.audit(AuditQuery::default()).await.unwrap();
//! assert_eq!(rows[0].outcome, AuditOutcome::Rejected); // the latest first
//! assert_eq!(rows[1].outcome, AuditOutcome::Succeeded);
//! # }
//! ```
//!
//! A handler's own SQL cannot break that, also not by mistake: `COMMIT`, `ROLLBACK` and `BEGIN` are refused, as are
//! settings of the connection, `ATTACH`, and whatever changes a table of the framework (`cq_..`), by a trigger too. The
//! fault says what to do instead. Should a transaction be ended in spite of that, everybody in it is told
//! [`OutcomeUnknown`](cqrs_core::FaultKind::OutcomeUnknown), and nothing is done twice.
//!
//! What limits it:
//!
//! - **Who reaches around the connection**, with `unsafe` code on its handle or a connection of its own to the file, is
//!   not seen by that.
//! - **What is not in the transaction** is not rolled back: a mail that the handler sent, a file that it wrote, what it
//!   did through a dependency `&T`. Let that follow from an event, or go through the outbox:
//!   [`delivery`](super::delivery).
//! - **The disk** has to do as it is told. One that says "written" before it is, as some drives and virtual machines
//!   do, loses with its power what it said. A disk that fails in a commit makes that commit a fault of kind
//!   [`OutcomeUnknown`](cqrs_core::FaultKind::OutcomeUnknown).
//! - **[`Synchronous::Normal`](crate::Synchronous::Normal)** gives the loss of power up: the last commits may be gone
//!   then. The death of the process alone still loses none.
//! - **File systems of the network** are refused where the system tells of them, which is Linux. Elsewhere nobody
//!   warns: keep the file on a local disk, and never on two machines at once.
//! - **A fault's row of the audit trail**, and that of a call which was refused before its handler ran, belong to no
//!   transaction. They are written together about a second later, and who is killed before has not written them.
//!   Without an audit trail ([`no_audit`](crate::Options::no_audit)) there are none; rows are kept for [90
//!   days](crate::Options::keep_audit).
//!
//! # A timeout says what happened, or that nobody knows
//!
//! A fault says of itself whether [nothing happened or nobody knows](cqrs_core::Fault::effect). `Timeout` means that
//! the call was rolled back. A commit that has begun is waited for; only when the
//! [grace](cqrs_core::Builder::commit_grace) is over too is the outcome unknown. Whoever gives an idempotent command a
//! key sends it again. Whoever has chosen its [id](cqrs_core::Dispatch::message_id) asks
//! [`Bus::command_status`](cqrs_core::Bus::command_status), which knows it for as long as the audit trail does. A
//! caller who drops the future of a call leaves no half of it: it is committed, or it is not.
//!
//! # A key has one outcome
//!
//! An `idempotent` command that is sent again under its key is not carried out again: its outcome is answered, a
//! rejection too. The same key with another payload is refused. A key is one of a tenant, a principal and a message:
//! others may use the same. Whether the caller may is asked again each time.
//!
//! What limits it:
//!
//! - **Outcomes are kept for 7 days**, or as [`keep_outcomes`](crate::Options::keep_outcomes) says. After that the same
//!   key is a new one. The outcome of what follows from an event is kept at least until the event's subscription is
//!   past it.
//! - **A fault is no outcome**: nothing happened, so the key is free.
//! - **A command that is not declared `idempotent`** hands its key on and does nothing else with it.
//!
//! # Nobody misses an event
//!
//! A durable handler gets each event that its call committed at least once, in the order of the commits, and after a
//! crash goes on where it was. Positions are given in that order by the one writer, so that no event is skipped because
//! one before it was committed later. Where a handler writes only through the transaction that holds its checkpoint, an
//! event has its effect exactly once: both are there, or neither.
//!
//! ```standalone_crate
//! # use cqrs_core::{Bus, Events, Fault, command, event, handler};
//! # use cqrs_sqlite::{Sqlite, WriteTx};
//! # use serde::{Deserialize, Serialize};
//! # #[event(name = "order.placed")]
//! # #[derive(Clone, Serialize, Deserialize)]
//! # struct OrderPlaced { cents: i64 }
//! # #[command] struct Place { cents: i64 }
//! # #[handler] fn place(cmd: Place, events: &mut Events) { events.raise(OrderPlaced { cents: cmd.cents }); }
//! // Not to be done twice, and not done twice: the sum and the checkpoint are one commit.
//! #[handler(name = "turnover", from = start)]
//! async fn add_up(event: OrderPlaced, tx: &mut WriteTx) -> Result<(), Fault> {
//!     tx.defer_execute("UPDATE turnover SET cents = cents + ?", (event.cents,)).await
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("shop.db");
//! # const SQL: &str = "CREATE TABLE turnover (cents INTEGER NOT NULL) STRICT; INSERT INTO turnover VALUES (0)";
//! # let open = async || Sqlite::options(&path).migrations([("turnover", SQL)]).open().await.unwrap();
//! for day in 1..=3 {
//!     let db = open().await;
//!     let bus = Bus::builder().store(db.clone()).build();
//!     bus.execute(Place { cents: 100 }).await.unwrap(); // kept, though nobody delivers it yet
//!     let started = bus.start().await.unwrap();
//!     bus.settled().await;
//!     started.shutdown().await;
//!     let sum = db.reads().one::<i64>("SELECT cents FROM turnover", ()).await.unwrap();
//!     assert_eq!(sum, Some(day * 100));
//! }
//! # }
//! ```
//!
//! What limits it:
//!
//! - **At least once** is what holds of everything outside of that transaction: a mail, a call of another service,
//!   another database. Give it the [event's id](cqrs_core::EventMeta::event_id), so that the other side can tell a
//!   second time.
//! - **Several methods of one `#[handler] impl` that handle the same event** with a behavior around them
//!   (`#[behavior(on(events))]`) have a unit of work each: the checkpoint moves with the last one, and those before it
//!   may see the event again.
//! - **The order is that of one database**, as one subscription sees it. Subscriptions do not wait for each other; the
//!   methods of one `#[handler] impl` are one subscription. Between two databases there is no order, and nothing is
//!   ordered by the time of the day.
//! - **An event that waits behind a dead letter** of its stream comes after others of its time.
//! - **A handler without `from = start` begins with what is committed after the first `start`** of a program that has
//!   it.
//! - **The checkpoint is kept under the subscription's name.** A handler without a `name` that is renamed or moved is a
//!   new one.
//! - **An event that is `transient`** is in no log, and is lost with the process.
//! - **The log keeps everything for ever.** An event is neither changed nor deleted, so what may have to be forgotten
//!   does not belong into one.
//!
//! # One event that cannot be handled stops nobody else
//!
//! What a handler says no to or panics at, what it cannot read, and a statement that the database refuses are tried
//! five times ([`delivery_attempts`](cqrs_core::Builder::delivery_attempts)). Then the event is a [dead
//! letter](cqrs_core::Subscription::dead_letters): kept with its error, to be replayed or skipped. Later events of its
//! stream wait behind it, and everything else goes on. With 100 of them
//! ([`dead_letter_limit`](cqrs_core::Builder::dead_letter_limit)) the subscription halts, since then the handler is
//! wrong. What is merely not possible now is tried for ever with growing pauses, up to half a minute, and is no dead
//! letter; nor is what takes longer than 30 s ([`delivery_timeout`](cqrs_core::Builder::delivery_timeout)).
//! [`status`](cqrs_core::Subscription::status) says so.
//!
//! What limits it: **an event of a version that only a newer program knows is waited for**. It holds up its own
//! subscription until such a program comes, since to go on would be to leave out an event.
//!
//! # What is sent through the outbox is carried out
//!
//! A command that a committed call sent is dispatched at least once, not before its time, in the order in which one
//! call sent them; those of different calls beside each other. What it writes in the store's transaction it writes
//! once, since it leaves the outbox in the same commit. A rejection is an answer: the command has been dealt with, and
//! the audit trail says how. What would fault the same each time is [parked](cqrs_core::OutboxQueue::parked) after five
//! attempts.
//!
//! What limits it: it is dispatched **while a process runs that was [`start`](cqrs_core::Bus::start)ed**, so it may be
//! late. It runs as a system principal, `outbox` or the subscription that sent it, which may do everything. One whose
//! name no running program knows waits for a program that does. The time is that of the machine's clock: where that is
//! set back, what waits there, also to be dispatched at once, waits longer by as much.
//!
//! # Two writers do not overwrite each other
//!
//! There is one writer. From the first [`run`](crate::WriteTx::run), [`one`](crate::WriteTx::one),
//! [`all`](crate::WriteTx::all) or [`execute`](crate::WriteTx::execute) of a call on nobody else writes, so that what
//! it has read there is still so at its commit. A uniqueness that is broken is a fault of kind
//! [`Conflict`](cqrs_core::FaultKind::Conflict), which `retry(3, on = conflict)` tries again.
//!
//! What limits it: **what was read elsewhere may be old**. That is a [`ReadDb`](crate::ReadDb), an earlier query, or
//! the screen of somebody who has thought about it. Keep a version in the row, and compare it in the statement that
//! writes:
//!
//! ```standalone_crate
//! use cqrs_core::{Bus, Fault, FaultKind, command, handler};
//! use cqrs_sqlite::{Sqlite, WriteTx};
//!
//! #[command(error = Fault)]
//! struct Rename { id: i64, seen: i64, name: String }
//!
//! #[handler]
//! async fn rename(cmd: Rename, tx: &mut WriteTx) -> Result<(), Fault> {
//!     let sql = "UPDATE page SET name = ?, version = version + 1 WHERE id = ? AND version = ?";
//!     match tx.execute(sql, (cmd.name, cmd.id, cmd.seen)).await? {
//!         0 => Err(Fault::conflict("the page has changed since")),
//!         _ => Ok(()),
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! # let directory = tempfile::tempdir().unwrap();
//! # let path = directory.path().join("pages.db");
//! # const SQL: &str = "
//! #     CREATE TABLE page (id INTEGER PRIMARY KEY, name TEXT NOT NULL, version INTEGER NOT NULL) STRICT;
//! #     INSERT INTO page VALUES (1, 'draft', 1)
//! # ";
//! # let db = Sqlite::options(path).migrations([("pages", SQL)]).open().await.unwrap();
//! # let bus = Bus::builder().store(db.clone()).build();
//! let rename = |name: &str| bus.execute(Rename { id: 1, seen: 1, name: name.into() }).into_future();
//! let (ada, bob) = tokio::join!(rename("Ada's"), rename("Bob's"));
//! let lost = ada.and(bob).unwrap_err(); // one of them, whoever was second
//! assert_eq!(lost.fault().unwrap().kind(), FaultKind::Conflict);
//! # let version = db.reads().one::<i64>("SELECT version FROM page", ()).await.unwrap();
//! # assert_eq!(version, Some(2));
//! # }
//! ```
//!
//! A statement that is [put off](crate::WriteTx::defer_execute) changes what it finds at the commit, which may be no
//! row: where that matters, ask how many with `execute`.
//!
//! # Several processes of one machine
//!
//! They may open one file. Each writes in turn; a write that finds no turn within
//! [`lock_wait`](crate::Options::lock_wait) is `Unavailable`, and nothing happened. One of them at a time runs a
//! subscription or the outbox; another takes over when it has not been heard of for [5
//! seconds](cqrs_core::Builder::subscription_lease), and looks every quarter of that. After an orderly
//! [`shutdown`](cqrs_core::Started::shutdown) nobody waits for that. Whoever still believes to have it cannot commit
//! with it.
//!
//! What limits it:
//!
//! - **Several machines** cannot share a file.
//! - **Leases are told by the clock of the machine.** One that is set forward lets a subscription change hands early,
//!   which is vain work and no wrong result.
//! - **A kept answer** (`cache`) is of one process: what another one has committed invalidates nothing here, and an
//!   answer is as old as its `ttl` allows.
//!
//! # What a query sees
//!
//! What was committed before it began, and one moment of it in [`ReadDb::run`](crate::ReadDb::run). A command returns
//! at its commit, before durable handlers run: **a read model that they keep may be a step behind.** What must be seen
//! at once is written by the command itself, or by an [inline](super::delivery) handler.
//! [`Bus::settled`](cqrs_core::Bus::settled) waits for everything, and is for tests.
