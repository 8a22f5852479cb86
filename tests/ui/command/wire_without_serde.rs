use cqrs_core::{command, handler};

#[command(wire)]
struct Place {
    customer: u64,
}

#[handler]
fn place(_: Place) {}

fn main() {}
