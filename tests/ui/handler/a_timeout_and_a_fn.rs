use cqrs_core::{command, handler};

#[command(timeout = "5s")]
struct Place;

#[handler]
fn place(_: Place) {}

fn main() {}
