use cqrs_core::{command, handler};

#[command(version = 2)]
struct Place;

#[handler]
fn place(_: Place) {}

fn main() {}
