use cqrs_core::{command, handler};

struct Clock;

#[command]
struct Place;

#[handler]
async fn place(_: Place, _clock: &mut Clock) {}

fn main() {}
