use cqrs_core::command;

#[command]
struct Confirm {
    #[aggregate_id("Purchase-Order")]
    order: u64,
}

fn main() {}
