use cqrs_core::query;

#[query(validate)]
struct Count;

fn main() {}
