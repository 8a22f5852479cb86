use cqrs_core::{Fault, Problem};

#[derive(Debug, thiserror::Error, Problem)]
enum OrderError {
    #[error("unavailable")]
    #[fault]
    Store(Fault),
    #[error("unavailable")]
    #[fault]
    Mail(Fault),
}

fn main() {}
