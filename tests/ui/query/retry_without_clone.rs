use cqrs_core::query;

#[query(retry(3, on = unavailable))]
struct Count;

fn main() {}
