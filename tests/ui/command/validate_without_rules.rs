use cqrs_core::command;

#[command(validate)]
struct Place;

fn main() {}
