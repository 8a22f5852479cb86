//! What is around the handlers and belongs to none of them.

use cqrs_core::{Call, Next, Outcome, behavior};

/// Leaves a line in the log for each change that somebody asked for.
#[behavior(order = 10, on(commands))]
pub async fn log_changes(call: &Call<'_>, next: Next<'_>) -> Outcome {
    let outcome = next.run().await;
    let (name, succeeded) = (call.name(), outcome.is_success());
    tracing::info!(command = name, succeeded, correlation = %call.context().correlation_id(), "{name}");
    outcome
}
