use cqrs_core::{Call, Next, Outcome, behavior};

/// Says what is done.
#[behavior(order = -10)]
pub async fn log(call: &Call<'_>, next: Next<'_>) -> Outcome {
    println!("{}", call.name());
    next.run().await
}
