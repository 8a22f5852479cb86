use cqrs_core::command;

#[command(retry(3, on = panic))]
#[derive(Clone)]
struct Place;

fn main() {}
