use cqrs_core::{handler, query};

struct Orders;

#[query(output = u64)]
struct Count;

#[handler]
impl Orders {
    fn count(&self, _: Count) -> u64 {
        0
    }
}

fn main() {}
