use cqrs_core::{Next, Outcome, behavior};

#[behavior(order = 10)]
async fn audit(next: Next<'_>) -> Outcome {
    next.run().await
}

fn main() {}
