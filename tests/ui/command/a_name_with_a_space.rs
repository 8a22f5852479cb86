use cqrs_core::command;

#[command(name = "place an order")]
#[derive(serde::Serialize, serde::Deserialize)]
struct Place;

#[cqrs_core::handler]
fn place(_: Place) {}

fn main() {}
