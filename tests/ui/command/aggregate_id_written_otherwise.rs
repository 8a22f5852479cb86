use cqrs_core::command;

#[command]
struct Confirm {
    #[aggregate_id = "order"]
    order: u64,
}

#[command]
struct Cancel {
    #[aggregate_id(order)]
    order: u64,
}

fn main() {}
