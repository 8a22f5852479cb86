use cqrs_core::Problem;

#[derive(Debug, thiserror::Error, Problem)]
enum OrderError {
    #[error("unavailable: {0}")]
    #[fault]
    Store(std::io::Error),
}

fn main() {}
