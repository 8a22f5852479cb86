use cqrs_core::{command, handler};

#[command(http(post = "/sweeps", headers(by = "Swept by")))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Sweep {
    by: String,
}

#[handler]
fn sweep(_: Sweep) {}

fn main() {}
