use cqrs_core::command;

struct SoldOut;

#[command(error = SoldOut, idempotent)]
#[derive(serde::Serialize, serde::Deserialize)]
struct Place;

fn main() {}
