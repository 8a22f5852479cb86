use cqrs_core::Problem;

#[derive(Debug, thiserror::Error, Problem)]
enum OrderError {
    #[error("empty")]
    #[problem(status = 404, status = 409)]
    Empty,
}

fn main() {}
