use cqrs_core::{command, handler};

#[command(name = "orders.place")]
struct Place {
    customer: u64,
}

#[handler]
fn place(_: Place) {}

fn main() {}
