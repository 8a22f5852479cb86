use cqrs_core::provide;

struct Clock;
struct Orders;

impl Orders {
    #[provide]
    fn clock(&self) -> Clock {
        Clock
    }
}

fn main() {}
