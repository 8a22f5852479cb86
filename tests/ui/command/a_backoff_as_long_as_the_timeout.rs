use cqrs_core::command;

#[command(timeout = "2s", retry(3, backoff = "2s"))]
#[derive(Clone)]
struct Place;

fn main() {}
