use cqrs_core::handler;

#[handler]
mod orders {}

fn main() {}
