use cqrs_core::command;

#[command(authorize = "orders write")]
struct Place;

fn main() {}
