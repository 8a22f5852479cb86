use cqrs_core::{command, handler};

struct Refused;

#[command(error = Refused, http(post = "/sweeps"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Sweep;

#[handler]
fn sweep(_: Sweep) -> Result<(), Refused> {
    Ok(())
}

fn main() {}
