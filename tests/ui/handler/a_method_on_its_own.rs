use cqrs_core::{command, handler};

struct Orders;

#[command]
struct Place;

impl Orders {
    #[handler]
    async fn place(&self, _: Place) {}
}

fn main() {}
