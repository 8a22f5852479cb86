use cqrs_core::command;

#[command(retry(1_000))]
#[derive(Clone)]
struct Place;

fn main() {}
