use cqrs_core::command;

#[command]
struct Move {
    #[aggregate_id("order")]
    from: u64,
    #[aggregate_id("order")]
    to: u64,
}

fn main() {}
