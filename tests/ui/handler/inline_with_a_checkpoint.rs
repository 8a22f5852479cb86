use cqrs_core::{event, handler};

#[event(transient)]
#[derive(Clone)]
struct Placed;

#[handler(inline, name = "stock", from = start)]
fn stock(_: Placed) {}

fn main() {}
