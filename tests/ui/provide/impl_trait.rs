use cqrs_core::provide;

trait Clock: Send + Sync {}
struct Utc;
impl Clock for Utc {}

#[provide]
fn clock() -> impl Clock {
    Utc
}

fn main() {}
