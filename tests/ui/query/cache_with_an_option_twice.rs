use cqrs_core::query;

#[query(cache(ttl = "30s", ttl = "60s"))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Count;

fn main() {}
