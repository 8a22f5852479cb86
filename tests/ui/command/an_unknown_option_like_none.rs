use cqrs_core::command;

#[command(priority = 3)]
struct Place;

fn main() {}
