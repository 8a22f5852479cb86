use cqrs_core::{Call, Next, Outcome, behavior, command};

#[command]
struct Place;

struct Order;

#[behavior(order = 10, on(Place | Order))]
async fn audit(_call: &Call<'_>, next: Next<'_>) -> Outcome {
    next.run().await
}

fn main() {}
