use cqrs_core::command;

#[derive(Debug)]
pub struct Declined;

/// Charges a customer.
#[command(output = u64, error = Declined, contract)]
pub struct Charge {
    pub cents: u64,
}
