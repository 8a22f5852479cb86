use cqrs_core::command;

#[command(http(post = "/sweeps"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Sweep;

fn main() {}
