//! What others promise: messages, and no code that handles them; a trait, and no type that implements it.

use std::sync::atomic::{AtomicU64, Ordering};

use cqrs_core::{ReadOnly, command, event, handler, query};

/// Charges a customer.
#[command(output = Receipt, error = Declined, contract)]
pub struct Charge {
    /// Who pays.
    pub customer: u32,
    /// How much.
    pub cents: u64,
}

/// What a customer has paid so far, in cents.
#[query(output = u64, contract)]
pub struct Paid {
    /// Who paid.
    pub customer: u32,
}

/// Gives back what a customer has paid.
#[command(output = u64, contract)]
pub struct Refund {
    /// Who is paid back.
    pub customer: u32,
}

/// A customer was charged.
#[event]
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Charged {
    /// Who paid.
    pub customer: u32,
    /// How much.
    pub cents: u64,
}

/// What was paid so far, in cents.
pub static PAID: AtomicU64 = AtomicU64::new(0);

/// Handled here, and in the crates that depend on this one.
#[handler]
fn sum_up(event: Charged) {
    PAID.fetch_add(event.cents, Ordering::SeqCst);
}

/// That a customer was charged.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Receipt {
    /// The number of the receipt.
    pub number: u64,
}

/// Why a customer was not charged.
#[derive(Debug, Clone, PartialEq)]
pub struct Declined {
    /// The highest sum that would have been accepted, in cents.
    pub limit: u64,
}

/// Brings what was ordered.
pub trait Courier: ReadOnly + Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;
}

/// What one call notes of a way.
pub trait Way: Send {
    /// Notes a place, and answers how many there are.
    fn to(&mut self, place: &str) -> usize;
}
