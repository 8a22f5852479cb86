use cqrs_core::{command, handler};

#[command]
struct Place;

#[handler(read_only)]
fn place(_: Place) {}

fn main() {}
