use std::cell::Cell;

use cqrs_core::{command, handler};

struct Orders(Cell<u64>);

#[command]
struct Place;

#[handler]
impl Orders {
    fn place(&self, _: Place) {}
}

fn main() {}
