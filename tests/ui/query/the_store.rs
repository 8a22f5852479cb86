use cqrs_core::{InMemoryStore, handler, query};

#[query(output = u64)]
struct Count;

#[handler]
async fn count(_: Count, _store: &InMemoryStore) -> u64 {
    0
}

fn main() {}
