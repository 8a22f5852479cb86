use cqrs_core::{Call, Next, behavior};

#[behavior(order = 10)]
async fn audit(_call: &Call<'_>, next: Next<'_>) {
    next.run().await;
}

fn main() {}
