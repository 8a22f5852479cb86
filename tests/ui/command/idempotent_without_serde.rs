use cqrs_core::command;

#[command(idempotent)]
struct Place;

fn main() {}
