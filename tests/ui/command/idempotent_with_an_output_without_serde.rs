use cqrs_core::command;

struct Placed;

#[command(output = Placed, idempotent)]
#[derive(serde::Serialize, serde::Deserialize)]
struct Place;

fn main() {}
