use cqrs_core::{command, handler};

trait Orders {}

#[command]
struct Place;

#[handler]
fn place(_: Place, _orders: &mut dyn Orders) {}

fn main() {}
