use cqrs_core::{command, handler};

#[command(output = u64, error = String)]
struct Place;

#[handler]
fn place(_: Place) -> u64 {
    1
}

fn main() {}
