use std::rc::Rc;

use cqrs_core::{Call, Next, Outcome, behavior};

#[behavior(order = 10)]
async fn audit(_call: &Call<'_>, next: Next<'_>) -> Outcome {
    let count = Rc::new(1);
    let outcome = next.run().await;
    drop(count);
    outcome
}

fn main() {}
