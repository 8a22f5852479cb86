use cqrs_core::command;

#[command]
struct Confirm {
    #[aggregate_id("order")]
    order: Option<u64>,
}

fn main() {}
