use cqrs_core::{command, handler};

#[derive(schemars::JsonSchema)]
struct Swept;

#[command(output = Swept, http(post = "/sweeps"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Sweep;

#[handler]
fn sweep(_: Sweep) -> Swept {
    Swept
}

fn main() {}
