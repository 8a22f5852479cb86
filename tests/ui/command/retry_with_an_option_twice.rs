use cqrs_core::command;

#[command(retry(3, backoff = "50ms", backoff = "60ms"))]
#[derive(Clone)]
struct Place;

fn main() {}
