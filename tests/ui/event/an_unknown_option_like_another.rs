use cqrs_core::event;

#[event(transiant)]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Placed;

fn main() {}
