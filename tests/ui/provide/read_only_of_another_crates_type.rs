use std::sync::Mutex;

use cqrs_core::provide;

#[provide(read_only)]
fn seen() -> Mutex<u64> {
    Mutex::new(0)
}

fn main() {}
