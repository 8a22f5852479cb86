use cqrs_core::{CommandBus, handler, query};

#[query(output = u64)]
struct Count;

#[handler]
async fn count(_: Count, _bus: CommandBus) -> u64 {
    0
}

fn main() {}
