use cqrs_core::Bus;

struct Place;

async fn caller(bus: &Bus) {
    let _ = bus.execute(Place).await;
}

fn main() {}
