use cqrs_core::{command, handler};

#[command(http(post = "/sweeps"))]
#[derive(serde::Serialize, serde::Deserialize)]
struct Sweep;

#[handler]
fn sweep(_: Sweep) {}

fn main() {}
