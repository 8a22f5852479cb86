use cqrs_core::handler;

struct Place;

#[handler]
async fn place(_cmd: Place) {}

fn main() {}
