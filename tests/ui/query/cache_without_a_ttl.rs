use cqrs_core::query;

#[query(cache(shared))]
struct Count;

fn main() {}
