use cqrs_core::{Bus, handler, query};

#[query(output = u64)]
struct Count;

#[handler]
fn count(_: Count) -> u64 {
    0
}

async fn caller(bus: &Bus) {
    let _ = bus.execute(Count).await;
}

fn main() {}
