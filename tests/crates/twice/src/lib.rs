//! Has what other crates have: a handler of `contracts::Charge`, and a message named `shop.order`.

use contracts::{Charge, Declined, Receipt};
use cqrs_core::{command, handler};

#[handler]
fn charge_again(cmd: Charge) -> Result<Receipt, Declined> {
    Err(Declined { limit: cmd.cents })
}

/// Orders something else.
#[command(name = "shop.order")]
#[derive(serde::Serialize, serde::Deserialize)]
pub struct OrderAgain;

#[handler]
fn order_again(_: OrderAgain) {}
