use cqrs_core::{ReadOnly, handler, query};

#[query(timeout = "5s")]
struct Count;

#[query]
struct Name;

struct Views;
impl ReadOnly for Views {}

#[handler]
impl Views {
    fn count(&self, _: Count) {}

    fn name(&self, _: Name) {}
}

fn main() {}
