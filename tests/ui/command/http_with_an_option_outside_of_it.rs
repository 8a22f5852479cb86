use cqrs_core::{command, handler};

#[command(http(post = "/sweeps"), status = 201)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Sweep;

#[handler]
fn sweep(_: Sweep) {}

fn main() {}
