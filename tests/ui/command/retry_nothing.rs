use cqrs_core::command;

#[command(retry(0))]
#[derive(Clone)]
struct Place;

fn main() {}
