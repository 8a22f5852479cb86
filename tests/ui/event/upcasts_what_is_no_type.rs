use cqrs_core::event;

#[event(version = 3, upcasts(1, PlacedV2))]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Placed;

#[derive(serde::Deserialize)]
struct PlacedV1;

#[derive(serde::Deserialize)]
struct PlacedV2;

impl From<PlacedV1> for Placed {
    fn from(_: PlacedV1) -> Self {
        Placed
    }
}

impl From<PlacedV2> for Placed {
    fn from(_: PlacedV2) -> Self {
        Placed
    }
}

fn main() {}
