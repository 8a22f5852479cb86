use cqrs_core::{event, handler};

#[event(transient)]
#[derive(Clone)]
struct Placed;

#[handler(from = now)]
fn stock(_: Placed) {}

#[handler(from = "start")]
fn count(_: Placed) {}

#[handler(from)]
fn ship(_: Placed) {}

fn main() {}
