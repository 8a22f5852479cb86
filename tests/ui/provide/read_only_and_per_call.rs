use cqrs_core::{InMemoryUnit, provide};

struct Orders;

#[provide(read_only)]
fn orders(_unit: InMemoryUnit) -> Orders {
    Orders
}

fn main() {}
