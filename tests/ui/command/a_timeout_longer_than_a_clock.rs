use cqrs_core::command;

#[command(timeout = "1000years")]
struct Place;

fn main() {}
