use cqrs_core::{command, handler};

struct Placed;

#[command(output = Placed, wire)]
#[derive(serde::Serialize, serde::Deserialize)]
struct Place;

#[handler]
fn place(_: Place) -> Placed {
    Placed
}

fn main() {}
