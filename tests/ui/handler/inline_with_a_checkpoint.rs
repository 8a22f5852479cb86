use cqrs_core::{event, handler};

#[event]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Placed;

#[handler(inline, name = "stock", from = start)]
fn stock(_: Placed) {}

fn main() {}
