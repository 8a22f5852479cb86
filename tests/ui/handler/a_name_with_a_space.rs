use cqrs_core::{event, handler};

#[event(transient)]
#[derive(Clone)]
struct Placed;

#[handler(name = "order mail")]
fn mail(_: Placed) {}

fn main() {}
