use cqrs_core::event;

#[event(version = 2, upcasts(Placed))]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Placed;

fn main() {}
