use cqrs_core::query;

#[query(timeout = "soon")]
struct Count;

fn main() {}
