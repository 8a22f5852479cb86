use cqrs_core::{command, handler};

#[command(http(post = "/sweeps"))]
struct Sweep {
    by: String,
}

#[handler]
fn sweep(_: Sweep) {}

fn main() {}
