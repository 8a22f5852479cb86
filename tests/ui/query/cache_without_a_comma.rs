use cqrs_core::query;

#[query(cache(ttl = "30s" shared))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Count;

fn main() {}
