use cqrs_core::query;

#[query(contrct)]
struct Count;

fn main() {}
