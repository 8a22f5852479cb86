//! Handles a contract, and has nothing that other code would name.

use contracts::Refund;
use cqrs_core::handler;

#[handler]
fn refund(cmd: Refund) -> u64 {
    u64::from(cmd.customer)
}
