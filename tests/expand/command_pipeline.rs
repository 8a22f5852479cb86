use cqrs_core::{Fault, Principal, command};

pub trait Orders: Send + Sync {
    fn owner(&self, order: u64) -> Option<String>;
}

pub async fn may_cancel(who: &Principal, message: &CancelOrder, orders: &(dyn Orders + 'static)) -> bool {
    orders.owner(message.order).as_deref() == Some(who.id())
}

/// Cancels an order.
#[command(
    error = Fault,
    authorize = may_cancel,
    idempotent,
    validate,
    timeout = "5s",
    retry(3, on = conflict, backoff = "20ms"),
)]
#[derive(Clone, serde::Serialize, serde::Deserialize, garde::Validate)]
pub struct CancelOrder {
    #[garde(range(min = 1))]
    pub order: u64,
}
