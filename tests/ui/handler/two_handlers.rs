use cqrs_core::{command, handler};

#[command]
struct Place;

#[handler]
async fn place(_: Place) {}

#[handler]
fn place_again(_: Place) {}

fn main() {}
