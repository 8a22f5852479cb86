use cqrs_core::event;

#[event]
#[derive(Clone)]
struct Placed {
    order: u64,
}

fn main() {}
