use cqrs_core::command;

#[command(wire)]
#[derive(serde::Serialize, serde::Deserialize)]
struct Place;

fn main() {}
