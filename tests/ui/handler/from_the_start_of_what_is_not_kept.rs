use cqrs_core::{event, handler};

#[event(transient)]
#[derive(Clone)]
struct Looked;

#[handler(from = start)]
fn count(_: Looked) {}

struct Counter;

#[handler(from = start)]
impl Counter {
    fn count(&self, _: Looked) {}
}

fn main() {}
