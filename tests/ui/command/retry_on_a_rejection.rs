use cqrs_core::command;

#[command(retry(3, on = rejection))]
#[derive(Clone)]
struct Place;

fn main() {}
