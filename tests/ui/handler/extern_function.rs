use cqrs_core::{command, handler};

#[command]
struct Place;

#[handler]
extern "C" fn place(_: Place) {}

fn main() {}
