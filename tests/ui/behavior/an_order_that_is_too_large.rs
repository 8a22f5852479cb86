use cqrs_core::{Call, Next, Outcome, behavior};

#[behavior(order = 3_000_000_000)]
async fn audit(_call: &Call<'_>, next: Next<'_>) -> Outcome {
    next.run().await
}

fn main() {}
