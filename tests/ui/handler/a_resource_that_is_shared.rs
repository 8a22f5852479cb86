use cqrs_core::{Events, InMemoryUnit, command, handler, provide};

#[command]
struct Place;

#[handler]
async fn place(_: Place, _events: &Events) {}

struct Basket;

#[provide(per_call)]
fn basket() -> Basket {
    Basket
}

#[command]
struct Fill;

#[handler]
async fn fill(_: Fill, _basket: &Basket, _unit: &mut InMemoryUnit) {}

fn main() {}
