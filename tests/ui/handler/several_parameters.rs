use std::cell::Cell;

use cqrs_core::{command, handler};

struct Clock;
struct Orders;

#[command]
struct Place;

#[handler]
fn place(_: Place, _clock: Clock, _orders: &mut Orders, _seen: &Cell<u64>) {}

fn main() {}
