use cqrs_core::event;

#[event(name = "orders.placed", version = 3, upcasts(OrderPlacedV1, OrderPlacedV2))]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct OrderPlaced {
    pub number: u64,
    pub lines: u32,
}

#[derive(serde::Deserialize)]
pub struct OrderPlacedV1 {
    number: u64,
}

#[derive(serde::Deserialize)]
pub struct OrderPlacedV2 {
    number: u64,
    line_count: u32,
}

impl From<OrderPlacedV1> for OrderPlaced {
    fn from(earlier: OrderPlacedV1) -> Self {
        OrderPlacedV2 { number: earlier.number, line_count: 1 }.into()
    }
}

impl From<OrderPlacedV2> for OrderPlaced {
    fn from(earlier: OrderPlacedV2) -> Self {
        OrderPlaced { number: earlier.number, lines: earlier.line_count }
    }
}
