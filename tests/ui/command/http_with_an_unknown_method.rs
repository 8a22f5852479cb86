use cqrs_core::{command, handler};

#[command(http(pots = "/sweeps"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Sweep;

#[handler]
fn sweep(_: Sweep) {}

fn main() {}
