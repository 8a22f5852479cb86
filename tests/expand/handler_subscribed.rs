use cqrs_core::{event, handler};

#[event]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct OrderPlaced {
    pub number: u64,
}

pub struct Stock;

#[handler(inline)]
impl Stock {
    fn placed(&self, event: OrderPlaced) {
        assert!(event.number > 0);
    }
}

#[handler(name = "order-mail", from = start)]
pub async fn mail(event: OrderPlaced) {
    assert!(event.number > 0);
}
