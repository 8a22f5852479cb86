//! TO FILL: the framework itself, once `cqrs-core` stands. Its rows then appear in every table.
//! Declare commands with the fields of [`Ping`](crate::workload::Ping), a handler of the body of
//! [`answer`](crate::workload::answer), never inlined, and an async one that ends in
//! [`settle`](crate::workload::settle); make the rows with `workload.candidate(..)`.

use std::sync::Arc;

use tokio::runtime::Runtime;

use crate::measure::Candidate;
use crate::workload::Workload;

/// `bus.execute(..)` to a handler without a resource.
pub fn rows(_workload: Workload) -> Vec<Candidate> {
    Vec::new()
}

/// `bus.execute(..)` to a handler with a resource; made with [`tasks::candidate`](crate::tasks::candidate).
pub fn tasks(_runtime: &Arc<Runtime>, _callers: u64) -> Vec<Candidate> {
    Vec::new()
}
