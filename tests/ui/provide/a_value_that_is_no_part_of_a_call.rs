use cqrs_core::provide;

struct Clock;
struct Orders;

#[provide]
fn orders(_clock: Clock) -> Orders {
    Orders
}

fn main() {}
