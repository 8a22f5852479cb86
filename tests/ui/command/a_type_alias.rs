use cqrs_core::command;

struct Order {
    id: u64,
}

#[command]
type Place = Order;

fn main() {}
