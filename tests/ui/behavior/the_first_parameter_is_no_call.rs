use cqrs_core::{Next, Outcome, behavior};

struct Log;

#[behavior(order = 10)]
async fn audit(_log: &Log, next: Next<'_>) -> Outcome {
    next.run().await
}

fn main() {}
