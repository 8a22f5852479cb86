use cqrs_core::command;

#[command(timeout = "5s", retry(3, on = conflict | timeout))]
#[derive(Clone)]
struct Place;

fn main() {}
