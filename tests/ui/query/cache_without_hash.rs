use cqrs_core::query;

#[query(output = u64, cache(ttl = "30s"))]
#[derive(Clone, PartialEq, Eq)]
struct Count;

fn main() {}
