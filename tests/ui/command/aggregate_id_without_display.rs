use cqrs_core::command;

#[command]
struct Confirm {
    #[aggregate_id]
    order: OrderId,
}

struct OrderId(u64);

fn main() {}
