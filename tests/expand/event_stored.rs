use cqrs_core::event;

/// An order was placed.
#[event]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct OrderPlaced {
    pub number: u64,
}
