use cqrs_core::event;

#[event(transient, output = u64)]
#[derive(Clone)]
struct Placed;

fn main() {}
