use cqrs_core::command;

#[command(authorize = |who, place| true)]
struct Place;

fn main() {}
