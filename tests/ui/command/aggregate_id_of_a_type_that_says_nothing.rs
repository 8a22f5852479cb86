use cqrs_core::command;

#[command]
struct Confirm {
    #[aggregate_id]
    order: u64,
}

#[command]
struct Cancel(#[aggregate_id] Vec<Box<str>>);

fn main() {}
