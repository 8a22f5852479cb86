use cqrs_core::provide;

struct Clock;
static CLOCK: Clock = Clock;

#[provide]
fn clock() -> &'static Clock {
    &CLOCK
}

fn main() {}
