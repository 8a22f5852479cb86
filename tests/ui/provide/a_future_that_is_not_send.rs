use std::rc::Rc;

use cqrs_core::provide;

struct Clock(u64);

#[provide]
async fn clock() -> Clock {
    let count = Rc::new(1);
    tokio::task::yield_now().await;
    Clock(*count)
}

fn main() {}
