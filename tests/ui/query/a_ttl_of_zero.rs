use cqrs_core::query;

#[query(cache(ttl = "0s"))]
struct Count;

fn main() {}
