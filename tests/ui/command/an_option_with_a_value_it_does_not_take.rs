use cqrs_core::command;

#[command(contract = true)]
struct Place;

fn main() {}
