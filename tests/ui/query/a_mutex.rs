use std::sync::Mutex;

use cqrs_core::{handler, query};

#[query(output = u64)]
struct Count;

#[handler]
fn count(_: Count, seen: &Mutex<u64>) -> u64 {
    *seen.lock().unwrap()
}

fn main() {}
