use cqrs_core::{Call, Fault, Next, Outcome, behavior};

#[behavior(order = 10)]
async fn audit(_call: &Call<'_>, next: Next<'_>) -> Result<Outcome, Fault> {
    Ok(next.run().await)
}

fn main() {}
