use cqrs_core::{InMemoryUnit, provide};

struct Orders;

#[provide]
fn orders(_unit: InMemoryUnit) -> Orders {
    Orders
}

#[provide(per_call)]
fn other_orders() -> Orders {
    Orders
}

fn main() {}
