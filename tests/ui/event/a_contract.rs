use cqrs_core::event;

#[event(transient, contract)]
#[derive(Clone)]
struct Placed;

fn main() {}
