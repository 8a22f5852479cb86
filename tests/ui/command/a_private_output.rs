use cqrs_core::command;

struct Placed;

#[command(output = Placed)]
pub struct Place;

fn main() {}
