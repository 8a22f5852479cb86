use cqrs_core::command;

#[command(output)]
struct Place;

fn main() {}
