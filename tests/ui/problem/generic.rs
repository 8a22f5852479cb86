use cqrs_core::Problem;

#[derive(Debug, thiserror::Error, Problem)]
enum OrderError<T: std::fmt::Debug> {
    #[error("empty")]
    Empty(T),
}

fn main() {}
