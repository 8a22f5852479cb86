use cqrs_core::{event, handler};

#[event(transient)]
#[derive(Clone)]
struct Placed;

#[handler]
fn mail(_: Placed) -> Result<u64, std::io::Error> {
    Ok(7)
}

fn main() {}
