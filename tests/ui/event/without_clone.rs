use cqrs_core::event;

#[event]
#[derive(serde::Serialize, serde::Deserialize)]
struct Placed {
    order: u64,
}

fn main() {}
