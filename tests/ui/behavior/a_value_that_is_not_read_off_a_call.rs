use cqrs_core::{Call, Next, Outcome, behavior};

struct Language;

#[behavior(order = 10)]
async fn audit(_call: &Call<'_>, next: Next<'_>, _language: Language) -> Outcome {
    next.run().await
}

fn main() {}
