//! Buses on each of the stores, for tests that hold of all of them.
#![allow(dead_code, reason = "not every test wants all of it")]

use std::future::Future;

use cqrs_core::{Builder, Bus, InMemoryStore};
use cqrs_sqlite::Sqlite;

/// A builder on a store in memory, and one on a new database.
pub(crate) async fn on_each<F: Future<Output = ()>>(test: impl Fn(Builder) -> F) {
    test(Bus::builder().store(InMemoryStore::default())).await;
    on_sqlite([("none", "SELECT 1")], |db| test(Bus::builder().store(db))).await;
}

/// A new database with this schema.
pub(crate) async fn on_sqlite<F: Future<Output = ()>>(
    schema: impl IntoIterator<Item = (&'static str, &'static str)>,
    test: impl FnOnce(Sqlite) -> F,
) {
    let directory = tempfile::tempdir().unwrap();
    let db = Sqlite::options(directory.path().join("test.db")).migrations(schema).open().await.unwrap();
    test(db).await;
}
