use cqrs_core::command;

#[command(retry)]
#[derive(Clone)]
struct Place;

fn main() {}
