use cqrs_core::query;

#[query(output = u64, read_only)]
struct Count;

fn main() {}
