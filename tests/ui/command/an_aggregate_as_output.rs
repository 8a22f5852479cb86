use cqrs_core::{Aggregate, command};

struct Order {
    id: u64,
}

impl Aggregate for Order {
    type Id = u64;
}

#[command(output = Order)]
struct Place;

fn main() {}
