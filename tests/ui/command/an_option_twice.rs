use cqrs_core::command;

#[command(output = u64, output = u32)]
struct Place;

fn main() {}
