use cqrs_core::query;

struct View;

#[query(output = Option<View>, cache(ttl = "30s"))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Count;

fn main() {}
