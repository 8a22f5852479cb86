use cqrs_core::{Context, QueryBus, command, handler, query};

#[command]
struct Place;

#[handler]
async fn place(_: Place, _context: &Context) {}

#[query(output = u64)]
struct Count;

#[handler]
async fn count(_: Count, _bus: &QueryBus) -> u64 {
    0
}

fn main() {}
