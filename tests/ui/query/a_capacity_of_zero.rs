use cqrs_core::query;

#[query(cache(ttl = "30s", capacity = 0))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Count;

fn main() {}
