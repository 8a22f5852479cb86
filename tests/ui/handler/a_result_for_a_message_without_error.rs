use cqrs_core::{command, handler};

#[command(output = u64)]
struct Place;

#[handler]
async fn place(_: Place) -> Result<u64, String> {
    Ok(1)
}

fn main() {}
