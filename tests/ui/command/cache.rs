use cqrs_core::command;

#[command(output = u64, cache(ttl = "30s"))]
struct Count;

fn main() {}
