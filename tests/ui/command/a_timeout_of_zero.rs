use cqrs_core::command;

#[command(timeout = "0s")]
struct Place;

fn main() {}
