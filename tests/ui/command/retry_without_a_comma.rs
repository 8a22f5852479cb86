use cqrs_core::command;

#[command(retry(3 on = conflict))]
#[derive(Clone)]
struct Place;

fn main() {}
