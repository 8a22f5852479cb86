//! The candidates, one a file: the two baselines first, then the others by name.

mod boxed;
mod direct;
mod discern;
mod eventide;
mod medi;
mod mediator;
pub mod ours;
mod rust_bus;

use crate::measure::Candidate;
use crate::workload::Workload;

/// What the reader of the tables has to know.
pub const NOTE: &str = "\
medi-rs, mediator-rs, discern, eventide-application and rust_bus have async handlers only, so \
the sync tables do without them. rust_bus 3 has events alone, which return nothing, so 2.x stands \
here. Every async candidate is driven by the same executor, which polls until the future is ready; \
none needs tokio for a command.";

/// The baselines ([`direct`], then [`boxed`]) and every peer that has this kind of handler.
pub fn all(workload: Workload) -> Vec<Candidate> {
    [direct::rows, boxed::rows, ours::rows]
        .into_iter()
        .chain([
            medi::rows,
            discern::rows,
            mediator::rows,
            eventide::rows,
            rust_bus::rows,
        ])
        .flat_map(|rows| rows(workload))
        .collect()
}
