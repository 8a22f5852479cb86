use cqrs_core::{command, handler};

struct Clock<'a>(&'a str);

#[command]
struct Place;

#[handler]
async fn place(_: Place, _clock: &Clock<'_>) {}

fn main() {}
