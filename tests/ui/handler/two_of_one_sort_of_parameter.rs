use cqrs_core::{Context, Events, command, handler};

struct Clock;
struct Orders;

#[command]
struct Place;

#[handler]
fn place(_: Place, _context: Context, _clock: Clock, _events: &mut Events, _orders: &mut Orders) {}

fn main() {}
