use cqrs_core::{Principal, query};

#[query(public, authorize = may_count)]
struct Count;

fn may_count(_who: &Principal, _count: &Count) -> bool {
    true
}

fn main() {}
