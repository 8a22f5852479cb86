use cqrs_core::command;

#[command("orders.place")]
struct Place;

fn main() {}
