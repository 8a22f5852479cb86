use cqrs_core::command;

#[command(ouput = u64)]
struct Place;

fn main() {}
