use cqrs_core::{command, handler};

trait Clock {}

#[command]
struct Place;

#[handler]
async fn place(_: Place, _clock: &(dyn Clock + Send + Sync)) {}

fn main() {}
