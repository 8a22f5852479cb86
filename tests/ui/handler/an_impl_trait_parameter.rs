use cqrs_core::{command, handler};

trait Clock: Send + Sync {}

#[command]
struct Place;

#[handler]
async fn place(_: Place, _clock: &impl Clock) {}

fn main() {}
