use cqrs_core::command;

#[command(retry(3))]
struct Place;

fn main() {}
