use cqrs_core::query;

#[query(output = u64, cache(ttl = "30s"))]
struct Count;

fn main() {}
