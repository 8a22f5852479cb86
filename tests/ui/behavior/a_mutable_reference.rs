use cqrs_core::{Call, Events, Next, Outcome, behavior};

#[behavior(order = 10)]
async fn audit(_call: &Call<'_>, next: Next<'_>, _events: &mut Events) -> Outcome {
    next.run().await
}

fn main() {}
