use cqrs_core::Problem;

#[derive(Debug, Problem)]
enum OrderError {
    #[problem(status = 404)]
    NotFound,
}

fn main() {}
