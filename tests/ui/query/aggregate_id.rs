use cqrs_core::{handler, query};

#[query(output = u64)]
struct CountLines {
    #[aggregate_id("order")]
    order: u64,
}

#[handler]
fn count_lines(query: CountLines) -> u64 {
    query.order
}

fn main() {}
