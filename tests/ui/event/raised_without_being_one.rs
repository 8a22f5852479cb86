use cqrs_core::{Events, command, handler};

struct Placed;

#[command]
struct Place;

#[handler]
fn place(_: Place, events: &mut Events) {
    events.raise(Placed);
}

fn main() {}
