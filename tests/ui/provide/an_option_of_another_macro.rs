use cqrs_core::provide;

struct Clock;

#[provide(name = "clock")]
fn clock() -> Clock {
    Clock
}

fn main() {}
