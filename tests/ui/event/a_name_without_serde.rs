use cqrs_core::event;

#[event(name = "orders.placed", transient)]
#[derive(Clone)]
struct Placed;

fn main() {}
