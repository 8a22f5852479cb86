use cqrs_core::{Bus, command, handler};

#[command]
struct Place;

#[handler]
async fn place(_: Place, _bus: Bus) {}

fn main() {}
