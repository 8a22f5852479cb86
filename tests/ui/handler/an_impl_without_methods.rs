use cqrs_core::handler;

struct Orders;

#[handler]
impl Orders {}

fn main() {}
