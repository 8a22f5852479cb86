use cqrs_core::Problem;

#[derive(Debug, thiserror::Error, Problem)]
enum OrderError {
    #[error("empty")]
    #[problem(status = 200)]
    Empty,
}

fn main() {}
