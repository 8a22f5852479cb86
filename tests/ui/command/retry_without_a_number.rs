use cqrs_core::command;

#[command(retry(on = conflict))]
#[derive(Clone)]
struct Place;

fn main() {}
