use cqrs_core::provide;

struct Clock;

#[provide(readonly)]
fn clock() -> Clock {
    Clock
}

fn main() {}
