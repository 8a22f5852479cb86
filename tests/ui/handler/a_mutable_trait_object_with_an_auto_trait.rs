use cqrs_core::{command, handler};

trait Orders {}

#[command]
struct Place;

#[handler]
async fn place(_: Place, _orders: &mut (dyn Orders + Send)) {}

fn main() {}
