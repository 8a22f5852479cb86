//! Backup and restore.
//!
//! Everything is in one file, with a `-wal` and a `-shm` beside it while it is open: what commands wrote, the log, the
//! read tables that are written through [`WriteTx`](crate::WriteTx), how far each handler has come, the outbox, kept
//! outcomes and the audit trail. A backup of that file is of one moment, so nothing in it is ahead of anything else.
//!
//! # Backup, while everything runs
//!
//! [`Sqlite::backup`](crate::Sqlite::backup) writes a copy that is a whole database of one moment, into a file that is
//! not there yet. Calls go on meanwhile, and the copy needs no `-wal`.
//!
//! ```
//! use cqrs_sqlite::Sqlite;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! # let directory = tempfile::tempdir().unwrap();
//! # let (path, backup) = (directory.path().join("shop.db"), directory.path().join("backup.db"));
//! # const SCHEMA: [(&str, &str); 1] =
//! #     [("shop", "CREATE TABLE t (n INTEGER) STRICT; INSERT INTO t VALUES (7)")];
//! let shop = Sqlite::options(path).migrations(SCHEMA).open().await.unwrap();
//! shop.backup(&backup).await.unwrap();
//!
//! let copy = Sqlite::options(&backup).migrations(SCHEMA).open().await.unwrap();
//! assert_eq!(copy.id(), shop.id()); // the same database, at an earlier time
//! assert_eq!(copy.reads().one::<i64>("SELECT n FROM t", ()).await.unwrap(), Some(7));
//! # }
//! ```
//!
//! From a shell, SQLite's own program does the same beside whatever is running; `.backup shop-new.db` does as well.
//!
//! ```sh
//! sqlite3 shop.db "VACUUM INTO 'shop-new.db'" && mv shop-new.db shop-backup.db
//! ```
//!
//! Either way write to a new name, and rename what is complete: a backup that is interrupted leaves half a file.
//!
//! A long backup keeps the write-ahead log from being written back, so that it grows meanwhile.
//!
//! # What not to do
//!
//! - **Do not copy the file alone.** The last commits are in the `-wal`, where they may still be when the program has
//!   ended in order: without it they are lost. Copied while something writes, the two do not fit together.
//! - **Do not put a backup beside the `-wal` of another file.** SQLite would take that for the backup's own.
//! - **Do not keep only some tables.** A read table and the checkpoint of the handler that keeps it belong together,
//!   and so do the log and all checkpoints.
//! - **Do not let a copy run beside the original** with mailers that are real: it has the same outbox, and sends the
//!   same.
//! - A table without an `INTEGER PRIMARY KEY` may get other `rowid`s in the copy.
//!
//! # Restore
//!
//! 1. End every process that has the file open.
//! 2. Move the file away, and its `-wal` and `-shm` with it.
//! 3. Put the backup there under the file's name, and start.
//!
//! What happened after the backup has not happened any more, and the application should know what that means:
//!
//! - **Keys of that time are unknown**: a client that sends a command again has it carried out again.
//! - **Commands that waited in the outbox then wait again**, though they have been dispatched since; what has become
//!   due in the meantime is dispatched at once. What they do outside is done a second time.
//! - **Durable handlers go on from where they were then.** What they have sent since they will not send again, since
//!   the events are gone too.
//! - **Positions and ids are given anew.** Whoever outside remembers a position or an id from after the backup
//!   remembers something else now.
//! - **A read model that is kept elsewhere**, in a search engine or another database, shows what is not true any more.
//!   Empty it, and have it built from the start.
//!
//! # What `start` refuses
//!
//! A checkpoint remembers which event it stands at. [`start`](cqrs_core::Bus::start) asks whether the log has that
//! event there, and if it has not, refuses with [`StartError::Store`](cqrs_core::StartError::Store): the checkpoint is
//! newer than the log, or of another one, and to go on would be to leave out what comes until the log has caught up. It
//! cannot happen to a file that was restored whole. It does where somebody has put tables together by hand:
//!
//! ```standalone_crate
//! use cqrs_core::{Bus, Events, Fault, StartError, command, event, handler};
//! use cqrs_sqlite::rusqlite::Connection;
//! use cqrs_sqlite::{Sqlite, WriteTx};
//! # use serde::{Deserialize, Serialize};
//! # #[event(name = "order.placed")]
//! # #[derive(Clone, Serialize, Deserialize)]
//! # struct OrderPlaced { order: i64 }
//! # #[command] struct Place { order: i64 }
//! # #[handler] fn place(cmd: Place, events: &mut Events) { events.raise(OrderPlaced { order: cmd.order }); }
//!
//! #[handler(name = "order-list", from = start)]
//! async fn list(event: OrderPlaced, tx: &mut WriteTx) -> Result<(), Fault> {
//!     tx.defer_execute("INSERT INTO order_list (id) VALUES (?)", (event.order,)).await
//! }
//!
//! # const SCHEMA: [(&str, &str); 1] =
//! #     [("orders", "CREATE TABLE order_list (id INTEGER PRIMARY KEY) STRICT")];
//! # async fn place_all(bus: &Bus, orders: std::ops::RangeInclusive<i64>) {
//! #     let started = bus.start().await.unwrap();
//! #     for order in orders { bus.execute(Place { order }).await.unwrap(); }
//! #     bus.settled().await;
//! #     started.shutdown().await;
//! # }
//! # async fn listed(db: &Sqlite) -> Vec<i64> {
//! #     db.reads().all("SELECT id FROM order_list ORDER BY id", ()).await.unwrap()
//! # }
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! # let directory = tempfile::tempdir().unwrap();
//! # let (path, backup) = (directory.path().join("shop.db"), directory.path().join("backup.db"));
//! let db = Sqlite::options(&path).migrations(SCHEMA).open().await.unwrap();
//! place_all(&Bus::builder().store(db.clone()).build(), 1..=2).await;
//! db.backup(&backup).await.unwrap();
//! place_all(&Bus::builder().store(db).build(), 3..=4).await;
//!
//! // A backup that was restored whole goes on where it was.
//! let restored = Sqlite::options(&backup).migrations(SCHEMA).open().await.unwrap();
//! let bus = Bus::builder().store(restored.clone()).build();
//! place_all(&bus, 5..=5).await;
//! assert_eq!(listed(&restored).await, [1, 2, 5]);
//!
//! // The list and its checkpoint of today, over the log of yesterday:
//! let conn = Connection::open(&backup).unwrap();
//! conn.execute("ATTACH ? AS today", [path.to_string_lossy()]).unwrap();
//! conn.execute_batch("
//!     REPLACE INTO cq_subscription SELECT * FROM today.cq_subscription;
//!     DELETE FROM order_list;
//!     INSERT INTO order_list SELECT * FROM today.order_list;
//! ").unwrap();
//! let Err(StartError::Store(refused)) = bus.start().await else { panic!("it goes on") };
//! assert!(refused.to_string().contains("restored from a backup that is older than the checkpoint"));
//!
//! // Either restore both from one backup; or, with every process ended, forget how far the handler has come and
//! // what it has kept. It begins again with the first event, since it says `from = start`.
//! conn.execute_batch("
//!     DELETE FROM cq_subscription WHERE name = 'order-list';
//!     DELETE FROM cq_dead_letter WHERE subscription = 'order-list';
//!     DELETE FROM order_list;
//! ").unwrap();
//! place_all(&bus, 6..=6).await;
//! assert_eq!(listed(&restored).await, [1, 2, 5, 6]);
//! # }
//! ```
//!
//! A handler without `from = start` would begin with what comes next instead, and leave out everything before.
