use cqrs_core::provide;

#[provide]
struct Clock;

fn main() {}
