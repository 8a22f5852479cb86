use cqrs_core::{command, handler};

struct Refused;

#[command(error = Refused, wire)]
#[derive(serde::Serialize, serde::Deserialize)]
struct Place;

#[handler]
fn place(_: Place) -> Result<(), Refused> {
    Ok(())
}

fn main() {}
