use cqrs_core::{event, handler};

#[event(transient)]
#[derive(Clone)]
struct Placed;

#[handler]
async fn mail(_: Placed) -> u64 {
    7
}

fn main() {}
