use cqrs_core::query;

#[query(cache(ttl = "30s", invalidated_by()))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Count;

fn main() {}
