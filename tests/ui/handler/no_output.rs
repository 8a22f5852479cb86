use cqrs_core::{command, handler};

#[command(output = u64)]
struct Place;

#[handler]
fn place(_: Place) {}

fn main() {}
