use cqrs_core::{Fault, Problem};

#[derive(Debug, thiserror::Error, Problem)]
enum OrderError {
    #[error("unavailable: {1}")]
    #[fault]
    Store(Fault, String),
}

fn main() {}
