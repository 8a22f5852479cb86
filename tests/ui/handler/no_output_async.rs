use cqrs_core::{command, handler};

#[command(output = u64)]
struct Place;

#[handler]
async fn place(_: Place) {}

fn main() {}
