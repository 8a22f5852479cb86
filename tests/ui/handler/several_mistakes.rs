use cqrs_core::{command, handler};

struct Clock;

#[command]
struct Place;

#[handler(inlin)]
unsafe fn place<T>(_: &Place, _clock: &&Clock, _other: &'static Clock) {}

fn main() {}
