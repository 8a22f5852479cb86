use cqrs_core::command;

/// Ships an order.
#[command(authorize = "orders:write", timeout = "1m 30s")]
pub struct ShipOrder {
    pub order: u64,
}
