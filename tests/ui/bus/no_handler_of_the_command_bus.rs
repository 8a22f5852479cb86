use cqrs_core::{CommandBus, command};

#[command]
struct Place;

async fn caller(bus: CommandBus) {
    bus.execute(Place).await.unwrap();
}

fn main() {}
