use cqrs_core::Problem;

#[derive(Debug, thiserror::Error, Problem)]
enum OrderError {
    #[error("empty")]
    #[problem(status = "404")]
    Empty,
}

fn main() {}
