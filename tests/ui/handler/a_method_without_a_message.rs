use cqrs_core::handler;

struct Orders;

#[handler]
impl Orders {
    async fn place(&self) {}
}

fn main() {}
