use cqrs_core::{QueryBus, query};

#[query(output = u64)]
struct Count;

async fn caller(bus: QueryBus) -> u64 {
    bus.query(Count).await.unwrap()
}

fn main() {}
