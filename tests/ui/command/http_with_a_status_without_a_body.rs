use cqrs_core::{command, handler};

#[command(output = u64, http(post = "/sweeps", status = 204))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Sweep;

#[handler]
fn sweep(_: Sweep) -> u64 {
    7
}

fn main() {}
