use cqrs_core::{command, event, handler};

#[command]
struct Place;

#[event(transient)]
#[derive(Clone)]
struct Placed;

struct Orders;

#[handler(name = "orders")]
impl Orders {
    fn place(&self, _: Place) {}

    fn placed(&self, _: Placed) {}
}

fn main() {}
