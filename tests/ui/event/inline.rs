use cqrs_core::event;

#[event(inline)]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Placed;

fn main() {}
