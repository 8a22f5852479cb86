use cqrs_core::provide;

struct Clock;

#[provide(cached)]
unsafe fn clock<T>(_inner: &mut Clock, _other: &&Clock) {}

fn main() {}
