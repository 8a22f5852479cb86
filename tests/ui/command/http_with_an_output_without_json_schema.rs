use cqrs_core::{command, handler};

#[derive(serde::Serialize)]
struct Swept {
    id: u64,
}

#[command(output = Swept, http(post = "/sweeps", status = 201, location = "/sweeps/{id}"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Sweep;

#[handler]
fn sweep(_: Sweep) -> Swept {
    Swept { id: 7 }
}

fn main() {}
