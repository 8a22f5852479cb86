use cqrs_core::provide;

struct Clock;
struct Broken;

#[provide]
fn clock() -> Result<Clock, Broken> {
    Err(Broken)
}

fn main() {}
