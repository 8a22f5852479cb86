use cqrs_core::{Bus, event};

#[event(transient)]
#[derive(Clone)]
struct Placed;

async fn caller(bus: &Bus) {
    let _ = bus.execute(Placed).await;
}

fn main() {}
