use std::sync::Arc;

use cqrs_core::{command, handler};

struct Orders;

#[command]
struct Place;

#[handler]
impl Orders {
    async fn place(self: Arc<Self>, _: Place) {}
}

fn main() {}
