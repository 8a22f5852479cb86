use cqrs_core::{Fault, Problem};

#[derive(Debug, thiserror::Error, Problem)]
#[error("unavailable")]
#[fault]
struct Unavailable(Fault);

fn main() {}
