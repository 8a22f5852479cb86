use cqrs_core::{Call, Next, Outcome, behavior};

struct Audit;

impl Audit {
    #[behavior(order = 10)]
    async fn audit(&self, _call: &Call<'_>, next: Next<'_>) -> Outcome {
        next.run().await
    }
}

fn main() {}
