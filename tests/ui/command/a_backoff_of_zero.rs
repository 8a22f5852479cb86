use cqrs_core::command;

#[command(retry(3, backoff = "0ms"))]
#[derive(Clone)]
struct Place;

fn main() {}
