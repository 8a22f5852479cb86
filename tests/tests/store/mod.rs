//! Buses on each of the stores, for tests that hold of all of them.

use std::future::Future;

use cqrs_core::{Builder, Bus, InMemoryStore};
use cqrs_sqlite::Sqlite;

/// A builder on a store in memory, and one on a new database.
pub(crate) async fn on_each<F: Future<Output = ()>>(test: impl Fn(Builder) -> F) {
    test(Bus::builder().store(InMemoryStore::default())).await;
    let directory = tempfile::tempdir().unwrap();
    let db = Sqlite::open(directory.path().join("test.db")).await.unwrap();
    test(Bus::builder().store(db)).await;
}
