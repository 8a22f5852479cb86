#![deny(unused_must_use)]

use cqrs_core::{Bus, command, handler};

#[command]
struct Place;

#[handler]
fn place(_: Place) {}

async fn caller(bus: &Bus) {
    bus.execute(Place);
}

fn main() {}
