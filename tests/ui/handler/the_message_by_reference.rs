use cqrs_core::{command, handler};

#[command]
struct Place;

#[handler]
async fn place(_cmd: &Place) {}

fn main() {}
