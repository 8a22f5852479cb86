use cqrs_core::{Context, InMemoryUnit, provide};

struct Orders;

#[provide]
fn orders(_unit: &InMemoryUnit, _context: &Context) -> Orders {
    Orders
}

fn main() {}
