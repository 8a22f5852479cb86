use cqrs_core::{CommandBus, Events, handler, query};

struct Orders;

#[query(output = u64)]
struct Count;

#[handler]
fn count(_: Count, _orders: &Orders, _events: &mut Events, _bus: CommandBus) -> u64 {
    0
}

fn main() {}
