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
here. Every call is awaited in one async function, as an application's is, by an executor that does \
nothing but poll; none needs tokio for a command. On one machine the sync \
direct call took 2.3 ns in one build of this program and 7.8 ns in the next, with the same \
instructions: a few nanoseconds of every row are the arrangement of the code.";

/// The baselines ([`direct`], then [`boxed`]) and every peer that has this kind of handler.
pub fn all(workload: Workload) -> Vec<Candidate> {
    [direct::rows, boxed::rows, ours::rows]
        .into_iter()
        .chain([medi::rows, discern::rows, mediator::rows, eventide::rows, rust_bus::rows])
        .flat_map(|rows| rows(workload))
        .collect()
}
