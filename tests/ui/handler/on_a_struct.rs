use cqrs_core::handler;

#[handler]
struct Orders;

fn main() {}
