//! The cure: the same program with `link!`, which names the crates.
#![cfg(feature = "inventory")]

use contracts::{Charge, Receipt, Refund};
use cqrs_core::Bus;

cqrs_core::link!(billing, unnamed);

#[tokio::test]
async fn a_linked_crate_handles() {
    cqrs_core::testing::assert_wired!();
    let started = Bus::global().start().await.expect("everything is wired");
    assert_eq!(started.bus().execute(Refund { customer: 3 }).await.unwrap(), 3);
    assert_eq!(started.bus().execute(Charge { customer: 3, cents: 5 }).await.unwrap(), Receipt { number: 1 });
    started.shutdown().await;
}
