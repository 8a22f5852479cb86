use cqrs_core::{command, handler};

#[command(http(post = "/sweeps"))]
#[derive(schemars::JsonSchema)]
struct Sweep {
    by: String,
}

#[handler]
fn sweep(_: Sweep) {}

fn main() {}
