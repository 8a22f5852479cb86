use cqrs_core::{Call, Next, Outcome, behavior};

#[behavior(order = 10)]
fn audit(_call: &Call<'_>, _next: Next<'_>) -> Outcome {
    Outcome::output(())
}

fn main() {}
