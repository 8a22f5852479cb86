use cqrs_core::command;

struct Place;

#[command]
fn place(_cmd: Place) {}

fn main() {}
