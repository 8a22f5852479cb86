use cqrs_core::{Fault, Problem};

#[derive(Debug, thiserror::Error, Problem)]
pub enum OrderError {
    #[error("order {number} is not there")]
    #[problem(status = 404, type = "https://example.org/no-order", title = "No such order")]
    Missing { number: u64 },
    #[error("the order is empty")]
    Empty,
    #[error(transparent)]
    #[fault]
    Fault(Fault),
}
