use cqrs_core::{Outbox, command, handler};

#[command]
struct Place;

#[handler]
fn place(_: Place) {}

fn caller(outbox: &mut Outbox) {
    outbox.send(Place);
}

fn main() {}
