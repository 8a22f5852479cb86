use cqrs_core::query;

#[query(cache(ttl = "30s", share, per = user))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Count;

fn main() {}
