use cqrs_core::{handler, query};

trait Orders: Send {}

#[query(output = u64)]
struct Count;

#[handler]
fn count(_: Count, _orders: &mut dyn Orders) -> u64 {
    0
}

fn main() {}
