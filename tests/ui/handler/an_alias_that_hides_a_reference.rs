use cqrs_core::{command, handler};

struct Clock;
type TheClock = &'static Clock;

#[command]
struct Place;

#[handler]
async fn place(_: Place, _clock: TheClock) {}

fn main() {}
