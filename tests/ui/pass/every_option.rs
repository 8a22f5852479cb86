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

#[event(name = "orders.placed", wire, version = 3, upcasts(PlacedV1, old::PlacedV2), crate = ::cqrs_core)]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Placed {
    #[aggregate_id]
    order: OrderId,
}

#[derive(serde::Deserialize)]
struct PlacedV1;

mod old {
    #[derive(serde::Deserialize)]
    pub(super) struct PlacedV2 {
        pub(super) order: u64,
    }
}

impl From<PlacedV1> for Placed {
    fn from(_: PlacedV1) -> Self {
        old::PlacedV2 { order: 0 }.into()
    }
}

impl From<old::PlacedV2> for Placed {
    fn from(earlier: old::PlacedV2) -> Self {
        Placed { order: OrderId(earlier.order) }
    }
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct OrderId(u64);

impl std::fmt::Display for OrderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[event(transient,)]
#[derive(Clone)]
struct Shipped;

#[handler(crate = ::cqrs_core)]
fn place(_: Place) -> Result<u64, cqrs_core::Fault> {
    Ok(1)
}

#[handler(inline)]
fn stock(event: Placed) {
    drop(event.order);
}

#[handler(name = "order-mail", from = start)]
async fn mail(_: Placed) {}

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
