use cqrs_core::{Bus, query};

#[query(output = u64)]
struct Count;

async fn caller(bus: &Bus) -> u64 {
    bus.query(Count).timeout(std::time::Duration::from_secs(1)).await.unwrap()
}

fn main() {}
