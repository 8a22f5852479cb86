//! A type of the user's may be called `Bus`.

use cqrs_core::{ReadOnly, command, handler, query};

struct Bus;

impl ReadOnly for Bus {}

#[query(output = u64)]
struct Count;

#[handler]
fn count(_: Count, _bus: &Bus) -> u64 {
    0
}

#[command]
struct Ride;

#[handler]
fn ride(_: Ride, _bus: &Bus) {}

fn main() {}
