use cqrs_core::Problem;

#[derive(Debug, thiserror::Error, Problem)]
#[problem(status = 99)]
enum OrderError {
    #[error("empty")]
    #[problem(titel = "Empty")]
    Empty,
    #[error("unavailable")]
    #[fault]
    Unavailable,
}

fn main() {}
