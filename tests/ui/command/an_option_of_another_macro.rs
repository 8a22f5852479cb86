use cqrs_core::command;

#[command(transient)]
struct Place;

fn main() {}
