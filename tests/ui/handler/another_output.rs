use cqrs_core::{command, handler};

#[command(output = u64, error = String)]
struct Place;

#[handler]
fn place(_: Place) -> Result<u32, String> {
    Ok(1)
}

fn main() {}
