use cqrs_core::command;

#[command(timeout = 5)]
struct Place;

fn main() {}
