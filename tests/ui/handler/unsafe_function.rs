use cqrs_core::{command, handler};

#[command]
struct Place;

#[handler]
unsafe fn place(_: Place) {}

fn main() {}
