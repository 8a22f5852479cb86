use cqrs_core::handler;
use tests::elsewhere::Ship;

#[handler]
async fn ship(_: Ship) {}

fn main() {}
