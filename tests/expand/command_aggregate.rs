use cqrs_core::command;

#[command]
pub struct ConfirmOrder {
    #[aggregate_id]
    pub order: OrderId,
}

/// Which of the fields is there, the compiler says.
#[command(contract)]
pub struct MoveParcel {
    #[cfg(any(unix, not(unix)))]
    #[aggregate_id("shop.parcel")]
    pub parcel: u64,
    #[cfg(all(unix, windows))]
    #[aggregate_id]
    pub order: OrderId,
}

pub struct OrderId(pub u64);

impl std::fmt::Display for OrderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
