use cqrs_core::{command, handler};

#[command]
struct Place;

#[handler]
async fn place<T: Send>(_: Place) {}

fn main() {}
