use cqrs_core::query;

#[query(cache(ttl = 30))]
struct Count;

fn main() {}
