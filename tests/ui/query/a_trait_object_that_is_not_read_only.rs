use cqrs_core::{handler, query};

trait Orders: Send + Sync {}

#[query(output = u64)]
struct Count;

#[handler]
async fn count(_: Count, _orders: &dyn Orders) -> u64 {
    0
}

fn main() {}
