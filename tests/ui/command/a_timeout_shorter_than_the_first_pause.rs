use cqrs_core::command;

#[command(timeout = "20ms", retry(3))]
#[derive(Clone)]
struct Place;

fn main() {}
