//! The first baseline: the handler called as the function it is.
//! The function is never inlined; message and dependencies are black-boxed, like everywhere here.
//! For the async handler: its future awaited where it was made, so nothing is allocated.

use std::hint::black_box;

use crate::measure::Candidate;
use crate::workload::{DB, Ping, Workload, answer, answer_later, orders};

pub fn rows(workload: Workload) -> Vec<Candidate> {
    vec![match workload {
        Workload::Sync => workload.candidate("direct call", async |i| answer(Ping::new(i), black_box(&DB))),
        Workload::Async => {
            workload.candidate("direct call", async |i| answer_later(Ping::new(i), black_box(&DB), orders()).await)
        }
    }]
}
