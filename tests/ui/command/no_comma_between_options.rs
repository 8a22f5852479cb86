use cqrs_core::command;

#[command(output = u64 error = String)]
struct Place;

fn main() {}
