use cqrs_core::command;

#[command(output = , error = String)]
struct Place;

fn main() {}
