use cqrs_core::{Events, command, event, handler};

#[event(transient)]
struct Placed {
    order: u64,
}

#[command]
struct Place;

#[handler]
fn place(_: Place, events: &mut Events) {
    events.raise(Placed { order: 1 });
}

#[handler]
fn mail(_: Placed) {}

fn main() {}
