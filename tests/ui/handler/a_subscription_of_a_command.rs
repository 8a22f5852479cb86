use cqrs_core::{command, handler, query};

#[command]
struct Place;

#[query]
struct Count;

#[query]
struct Price;

#[handler(inline)]
fn place(_: Place) {}

#[handler(name = "count")]
fn count(_: Count) {}

#[handler(from = start)]
fn price(_: Price) {}

fn main() {}
