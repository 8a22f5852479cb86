use cqrs_core::{command, handler};

struct Orders;

#[command]
struct Place;

#[handler]
impl Orders {
    async fn place(self, _: Place) {}
}

fn main() {}
