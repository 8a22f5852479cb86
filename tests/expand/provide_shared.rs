use cqrs_core::provide;

pub struct Clock;

#[provide]
pub fn clock() -> Clock {
    Clock
}
