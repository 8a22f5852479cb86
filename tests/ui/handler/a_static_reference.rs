use cqrs_core::{command, handler};

struct Clock;

#[command]
struct Place;

#[handler]
async fn place(_: Place, _clock: &'static Clock) {}

fn main() {}
