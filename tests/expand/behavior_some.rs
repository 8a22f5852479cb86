use cqrs_core::{Call, Next, Outcome, Principal, behavior, command};

pub struct AuditLog;

#[command]
pub struct Ship;

/// Writes down who did what.
#[behavior(order = 10, on(events | Ship))]
pub async fn audit(call: &Call<'_>, next: Next<'_>, who: Option<Principal>, log: &AuditLog) -> Outcome {
    drop((call.name(), who, log));
    next.run().await
}
