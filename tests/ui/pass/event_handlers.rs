//! An event has any number of handlers, which return nothing, or a result with any error.

use cqrs_core::{BoxError, EventMeta, Fault, event, handler};

#[event(transient)]
#[derive(Clone)]
struct Placed;

#[handler]
fn one(_: Placed) {}

#[handler]
async fn two(_: Placed, _meta: EventMeta) -> Result<(), Fault> {
    Ok(())
}

#[handler]
async fn three(_: Placed) -> Result<(), std::io::Error> {
    Ok(())
}

#[handler]
fn four(_: Placed) -> Result<(), BoxError> {
    Err("text".into())
}

fn main() {}
