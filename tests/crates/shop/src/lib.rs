//! An application: messages handled where they are declared, on top of contracts that others handle.

use billing::Ledger;
use contracts::{Charge, Charged, Courier, Declined, Receipt, Way};
use cqrs_core::{CommandBus, DispatchError, Fault, Problem, ReadOnly, command, handler, provide, query};
use settings::Settings;

/// Orders something and pays for it.
#[command(output = Receipt, error = OrderError, name = "shop.order")]
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Order {
    /// Who orders.
    pub customer: u32,
    /// What it costs.
    pub cents: u64,
}

/// Why there is no order.
#[derive(Debug, thiserror::Error, Problem)]
pub enum OrderError {
    /// The customer cannot pay.
    #[error("at most {0} cents are taken")]
    #[problem(status = 402)]
    TooMuch(u64),
    /// The order could not be tried.
    #[error(transparent)]
    #[fault]
    Fault(Fault),
}

#[handler]
async fn order(cmd: Order, bus: CommandBus) -> Result<Receipt, OrderError> {
    let charge = Charge { customer: cmd.customer, cents: cmd.cents };
    bus.execute(charge).await.map_err(|error| match error {
        DispatchError::Rejected(Declined { limit }) => OrderError::TooMuch(limit),
        DispatchError::Fault(fault) => OrderError::Fault(fault),
    })
}

/// What the till is made of, as a path through three crates.
#[query(output = String)]
pub struct MadeOf;

/// The third of three dependencies.
pub struct Till {
    made_of: String,
    limit: u64,
}

impl ReadOnly for Till {}

#[provide]
fn till(settings: &Settings, ledger: &dyn Ledger) -> Till {
    Till { made_of: format!("{}/till", ledger.made_of()), limit: settings.limit }
}

#[handler]
fn made_of(_: MadeOf, till: &Till) -> String {
    format!("{} to {}", till.made_of, till.limit)
}

#[handler]
fn count(event: Charged, ledger: &dyn Ledger) {
    // A second payment, of nothing: the number of the next receipt shows that the event came.
    ledger.note(event.customer, 0);
}

/// Who brings what is ordered.
#[query(output = String)]
pub struct WhoBrings;

#[handler]
fn who_brings(_: WhoBrings, courier: &dyn Courier) -> String {
    courier.name().to_owned()
}

/// Brings what is ordered.
#[command(output = usize)]
pub struct Bring;

#[handler]
async fn bring(_: Bring, way: &mut dyn Way) -> usize {
    way.to("the door")
}
