use cqrs_core::query;

#[query(cache)]
struct Count;

fn main() {}
