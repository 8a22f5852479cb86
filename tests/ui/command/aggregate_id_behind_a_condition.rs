use cqrs_core::command;

#[command]
struct Confirm(#[cfg(test)] u8, #[aggregate_id("order")] u64);

fn main() {}
