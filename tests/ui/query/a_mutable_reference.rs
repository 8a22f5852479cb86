use cqrs_core::{Events, handler, query};

#[query(output = u64)]
struct Count;

#[handler]
fn count(_: Count, _events: &mut Events) -> u64 {
    0
}

fn main() {}
