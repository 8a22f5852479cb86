use std::cell::Cell;

use cqrs_core::{command, handler};

struct Counter(Cell<u64>);

#[command]
struct Place;

#[handler]
fn place(_: Place, _counter: &Counter) {}

fn main() {}
