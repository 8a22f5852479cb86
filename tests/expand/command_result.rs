use cqrs_core::command;

pub struct OrderPlaced {
    pub number: u64,
}

#[derive(Debug)]
pub struct OrderError;

/// Places an order.
///
/// The customer is told by mail.
#[command(output = OrderPlaced, error = OrderError)]
#[derive(Clone)]
pub struct PlaceOrder {
    pub customer: u64,
}
