use cqrs_core::{InMemoryUnit, handler, query};

#[query(output = u64)]
struct Count;

#[handler]
async fn count(_: Count, _unit: &InMemoryUnit) -> u64 {
    0
}

fn main() {}
