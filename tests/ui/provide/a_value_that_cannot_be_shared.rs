use std::cell::Cell;

use cqrs_core::provide;

struct Counter(Cell<u64>);

#[provide]
fn counter() -> Counter {
    Counter(Cell::new(0))
}

fn main() {}
