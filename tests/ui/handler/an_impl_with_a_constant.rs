use cqrs_core::{command, handler};

struct Orders;

#[command]
struct Place;

#[handler]
impl Orders {
    const LIMIT: usize = 10;

    async fn place(&self, _: Place) {}
}

fn main() {}
