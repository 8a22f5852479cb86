use cqrs_core::{Outbox, command};

#[command(contract, wire)]
#[derive(serde::Serialize, serde::Deserialize)]
struct Ship;

#[command]
struct Place;

fn caller(outbox: &mut Outbox) {
    outbox.send(Ship);
    outbox.send(Place);
}

fn main() {}
