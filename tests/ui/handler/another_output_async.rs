use cqrs_core::{command, handler};

#[command(output = u64, error = String)]
struct Place;

#[handler]
async fn place(_: Place) -> Result<u32, String> {
    Ok(1)
}

fn main() {}
