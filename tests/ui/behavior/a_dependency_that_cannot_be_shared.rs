use std::cell::Cell;

use cqrs_core::{Call, Next, Outcome, behavior};

struct Count(Cell<u32>);

#[behavior(order = 10)]
async fn audit(_call: &Call<'_>, next: Next<'_>, _count: &Count) -> Outcome {
    next.run().await
}

fn main() {}
