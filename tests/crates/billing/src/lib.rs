//! Handles the contracts, on dependencies of its own and of `settings`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use contracts::{Charge, Charged, Declined, Paid, Receipt};
use cqrs_core::{Events, ReadOnly, handler, provide};
use settings::Settings;

/// What was paid, to be written.
pub trait Ledger: Send + Sync {
    /// Notes a payment and answers its number.
    fn note(&self, customer: u32, cents: u64) -> u64;
    /// The same ledger, to be read.
    fn views(&self) -> Views;
    /// What it was made of, as a path.
    fn made_of(&self) -> &str;
}

/// What was paid, to be read.
#[derive(Clone, Default)]
pub struct Views(Arc<Mutex<BTreeMap<u32, Vec<u64>>>>);

impl ReadOnly for Views {}

impl Views {
    /// What a customer has paid.
    pub fn paid(&self, customer: u32) -> u64 {
        let paid = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        paid.get(&customer).into_iter().flatten().sum()
    }
}

struct InMemory {
    views: Views,
    made_of: String,
}

impl Ledger for InMemory {
    fn note(&self, customer: u32, cents: u64) -> u64 {
        let mut paid = self.views.0.lock().unwrap_or_else(PoisonError::into_inner);
        paid.entry(customer).or_default().push(cents);
        paid.values().map(|payments| payments.len() as u64).sum()
    }

    fn views(&self) -> Views {
        self.views.clone()
    }

    fn made_of(&self) -> &str {
        &self.made_of
    }
}

#[provide]
async fn ledger(settings: &Settings) -> Result<Arc<dyn Ledger>, Infallible> {
    Ok(Arc::new(InMemory { views: Views::default(), made_of: format!("{}/ledger", settings.made_of) }))
}

#[provide]
fn views(ledger: &dyn Ledger) -> Views {
    ledger.views()
}

#[handler]
async fn charge(
    cmd: Charge,
    settings: &Settings,
    ledger: &dyn Ledger,
    events: &mut Events,
) -> Result<Receipt, Declined> {
    if cmd.cents > settings.limit {
        return Err(Declined { limit: settings.limit });
    }
    let number = ledger.note(cmd.customer, cmd.cents);
    events.raise(Charged { customer: cmd.customer, cents: cmd.cents });
    Ok(Receipt { number })
}

#[handler]
fn paid(query: Paid, views: &Views) -> u64 {
    views.paid(query.customer)
}
