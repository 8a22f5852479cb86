use cqrs_core::command;

#[command(output(u64))]
struct Place;

fn main() {}
