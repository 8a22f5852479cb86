use cqrs_core::command;

#[command]
enum Change {
    Confirm {
        #[aggregate_id("order")]
        order: u64,
    },
    Cancel(#[aggregate_id("order")] u64),
}

fn main() {}
