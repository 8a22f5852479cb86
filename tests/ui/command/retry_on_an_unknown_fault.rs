use cqrs_core::command;

#[command(retry(3, on = conflicts | weather))]
#[derive(Clone)]
struct Place;

fn main() {}
