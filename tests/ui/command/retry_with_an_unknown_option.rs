use cqrs_core::command;

#[command(retry(3, backof = "50ms", jitter = true))]
#[derive(Clone)]
struct Place;

fn main() {}
