use cqrs_core::command;

#[command(name = Place)]
struct Place;

fn main() {}
