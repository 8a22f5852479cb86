use std::sync::Arc;

use cqrs_core::provide;

trait Clock {}
struct Utc;
impl Clock for Utc {}

#[provide]
fn clock() -> Arc<dyn Clock> {
    Arc::new(Utc)
}

fn main() {}
