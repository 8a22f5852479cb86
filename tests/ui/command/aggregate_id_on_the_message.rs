use cqrs_core::command;

#[command]
#[aggregate_id]
struct Confirm {
    order: u64,
}

fn main() {}
