use cqrs_core::{command, handler};

trait Clock {}

#[command]
struct Place;

#[handler]
fn place(_: Place, _clock: &dyn Clock) {}

fn main() {}
