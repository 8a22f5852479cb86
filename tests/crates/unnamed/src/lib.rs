//! Handles a contract and provides what implements traits, and has nothing that other code would name.

use std::sync::Arc;

use contracts::{Courier, Refund, Way};
use cqrs_core::{ReadOnly, handler, provide};

#[handler]
fn refund(cmd: Refund) -> u64 {
    u64::from(cmd.customer)
}

struct OnFoot;

impl ReadOnly for OnFoot {}

impl Courier for OnFoot {
    fn name(&self) -> &'static str {
        "on foot"
    }
}

#[provide]
fn courier() -> Arc<dyn Courier> {
    Arc::new(OnFoot)
}

struct Steps(Vec<String>);

impl Way for Steps {
    fn to(&mut self, place: &str) -> usize {
        self.0.push(place.to_owned());
        self.0.len()
    }
}

#[provide(per_call)]
fn way() -> Box<dyn Way> {
    Box::new(Steps(Vec::new()))
}
