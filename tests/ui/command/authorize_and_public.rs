use cqrs_core::command;

#[command(authorize = "orders:write", public)]
struct Place;

fn main() {}
