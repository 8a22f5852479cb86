use cqrs_core::provide;

struct Clock;

#[provide]
fn clock<T>() -> Clock {
    Clock
}

fn main() {}
