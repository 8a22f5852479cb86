use cqrs_core::event;

#[event(wire, transient)]
#[derive(Clone)]
struct Placed;

fn main() {}
