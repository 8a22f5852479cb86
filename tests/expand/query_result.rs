use cqrs_core::{Fault, query};

pub struct OrderView;

/// One order, if it is there.
#[query(output = Option<OrderView>, error = Fault)]
pub struct GetOrder {
    pub number: u64,
}
