use cqrs_core::behavior;

#[behavior(order = 10)]
struct Audit;

fn main() {}
