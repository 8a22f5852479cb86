use std::rc::Rc;

use cqrs_core::{command, handler};

#[command(output = u64)]
struct Place;

#[handler]
async fn place(_: Place) -> u64 {
    let count = Rc::new(1);
    tokio::task::yield_now().await;
    *count
}

fn main() {}
