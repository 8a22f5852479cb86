use cqrs_core::{Call, Outcome, behavior};

#[behavior(order = 10)]
async fn audit(_call: &Call<'_>) -> Outcome {
    Outcome::output(())
}

fn main() {}
