use std::cell::Cell;

use cqrs_core::Bus;

fn main() {
    let _bus = Bus::builder().provide(Cell::new(0)).build();
}
