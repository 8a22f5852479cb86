use std::fmt::Display;
use std::sync::Arc;

use cqrs_core::provide;

#[provide(read_only)]
fn banner() -> Arc<dyn Display + Send + Sync> {
    Arc::new("orders")
}

fn main() {}
