use cqrs_core::command;

#[command(crate = ::framework)]
struct Place;

fn main() {}
