//! What every option looks like where it is right.

use cqrs_core::{command, event, handler, provide, query};

#[command(output = u64, error = cqrs_core::Fault, name = "orders.place", wire, crate = ::cqrs_core)]
#[derive(serde::Serialize, serde::Deserialize)]
struct Place;

#[command(contract)]
struct Ship;

#[query(output = u64, error = cqrs_core::Fault, name = "orders.count", wire, crate = ::cqrs_core)]
#[derive(serde::Serialize, serde::Deserialize)]
struct Count;

#[query(contract)]
struct Price;

#[event(name = "orders.placed", wire, crate = ::cqrs_core)]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Placed;

#[event(transient,)]
#[derive(Clone)]
struct Shipped;

#[handler(crate = ::cqrs_core)]
fn place(_: Place) -> Result<u64, cqrs_core::Fault> {
    Ok(1)
}

#[handler]
fn count(_: Count) -> Result<u64, cqrs_core::Fault> {
    Ok(1)
}

struct Views;
struct Buffer;

#[provide(read_only, crate = ::cqrs_core)]
fn views() -> Views {
    Views
}

#[provide(per_call)]
fn buffer() -> Buffer {
    Buffer
}

fn main() {}
