use cqrs_core::{Context, command, handler};

#[command]
struct Place;

#[handler]
async fn place(_context: Context, _cmd: Place) {}

fn main() {}
