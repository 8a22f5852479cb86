use cqrs_core::{event, handler};

#[event(transient)]
#[derive(Clone)]
pub struct OrderPlaced {
    pub number: u64,
}

pub struct Stock;

#[handler(inline)]
impl Stock {
    fn placed(&self, event: OrderPlaced) {
        drop(event.number);
    }
}

#[handler(name = "order-mail", from = start)]
pub async fn mail(event: OrderPlaced) {
    drop(event.number);
}
