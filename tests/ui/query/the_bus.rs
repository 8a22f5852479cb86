use cqrs_core::{Bus, handler, query};

#[query(output = u64)]
struct Count;

#[handler]
async fn count(_: Count, _bus: &Bus) -> u64 {
    0
}

fn main() {}
