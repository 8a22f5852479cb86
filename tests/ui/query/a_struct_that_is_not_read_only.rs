use cqrs_core::{handler, query};

struct Orders;

#[query(output = u64)]
struct Count;

#[handler]
fn count(_: Count, _orders: &Orders) -> u64 {
    0
}

fn main() {}
