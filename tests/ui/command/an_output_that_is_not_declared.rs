use cqrs_core::command;

#[command(output = Placed)]
struct Place;

fn main() {}
