use cqrs_core::{Bus, command, handler};

#[command]
struct Place;

#[handler]
fn place(_: Place) {}

async fn caller(bus: &Bus) {
    let _ = bus.query(Place).await;
}

fn main() {}
