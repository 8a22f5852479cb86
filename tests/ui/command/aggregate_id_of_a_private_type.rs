use cqrs_core::command;

#[command]
pub struct Confirm {
    #[aggregate_id]
    order: OrderId,
}

struct OrderId(u64);

impl std::fmt::Display for OrderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

fn main() {}
