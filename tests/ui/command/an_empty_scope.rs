use cqrs_core::command;

#[command(authorize = "")]
struct Place;

fn main() {}
