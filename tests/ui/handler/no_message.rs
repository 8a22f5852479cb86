use cqrs_core::handler;

#[handler]
async fn place() {}

fn main() {}
