use cqrs_core::query;

#[query(idempotent)]
struct Count;

fn main() {}
