use cqrs_core::{command, handler};

#[command]
struct Place;

#[handler(crat = ::cqrs_core)]
fn place(_: Place) {}

fn main() {}
