use cqrs_core::{handler, query};

#[query(wire)]
struct Count;

#[handler]
fn count(_: Count) {}

fn main() {}
