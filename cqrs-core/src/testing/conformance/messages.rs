//! What the suite sends through a bus. Nothing of it is in any other bus: see [`unregistered`](super::unregistered).

use serde::{Deserialize, Serialize};
use tokio::sync::Barrier;

use crate::macros::{command, event, handler};
use crate::message::stream::StreamId;
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::Fault;
use crate::testing::conformance::report::Stop;
use crate::unit::Scope;
use crate::unit::events::Events;
use crate::unit::outbox::Outbox;
use crate::unit::resource::{AnyUnit, Resource};

#[event(crate = crate::testing::conformance::unregistered, name = "conformance.ordered")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Ordered {
    #[aggregate_id("order")]
    pub(super) order: u32,
}

#[event(crate = crate::testing::conformance::unregistered, name = "conformance.followed")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Followed {
    pub(super) order: u32,
}

/// Raises an event, sends a command, and answers once for each key.
#[command(
    crate = crate::testing::conformance::unregistered,
    output = u32,
    error = Refused,
    idempotent,
    public
)]
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) order: u32,
    pub(super) refuse: bool,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("refused")]
pub(super) struct Refused;

#[handler(crate = crate::testing::conformance::unregistered)]
fn order(cmd: Order, events: &mut Events, outbox: &mut Outbox) -> Result<u32, Refused> {
    events.raise(Ordered { order: cmd.order });
    outbox.send(Ship { order: cmd.order });
    if cmd.refuse { Err(Refused) } else { Ok(cmd.order + 1) }
}

/// What [`Order`] sends.
#[command(crate = crate::testing::conformance::unregistered, name = "conformance.ship", public)]
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Ship {
    order: u32,
}

#[handler(crate = crate::testing::conformance::unregistered)]
fn ship(cmd: Ship, events: &mut Events) {
    events.raise(Followed { order: cmd.order });
}

/// Appends to a stream that is expected to have a version.
#[command(crate = crate::testing::conformance::unregistered, public)]
pub(super) struct Append {
    pub(super) order: u32,
    pub(super) expected: u64,
}

#[handler(crate = crate::testing::conformance::unregistered)]
fn append(cmd: Append, _: &mut Expecting, events: &mut Events) {
    events.raise(Ordered { order: cmd.order });
}

/// What a resource does that has loaded what it changes.
pub(super) struct Expecting;

impl Resource<Append> for Expecting {
    type Unit = AnyUnit;

    async fn open(scope: &mut Scope, message: &Append) -> Result<Self, Fault> {
        scope.expect_version(StreamId::new("order", message.order), message.expected);
        Ok(Expecting)
    }

    async fn stage(self, _: &mut Scope) -> Result<(), Fault> {
        Ok(())
    }
}

/// Meets others while its unit of work is open.
#[command(crate = crate::testing::conformance::unregistered, public)]
pub(super) struct Meet {
    pub(super) order: u32,
}

#[handler(crate = crate::testing::conformance::unregistered)]
async fn meet(cmd: Meet, _: &mut StoreUnit, events: &mut Events, others: &Barrier) {
    others.wait().await;
    events.raise(Ordered { order: cmd.order });
}

/// The unit of work of whichever store it is.
pub(super) struct StoreUnit;

impl<C: Sync> Resource<C> for StoreUnit {
    type Unit = AnyUnit;

    async fn open(scope: &mut Scope, _: &C) -> Result<Self, Fault> {
        if let Some(open) = scope.bus.default_unit() {
            open(scope).await?;
        }
        Ok(StoreUnit)
    }

    async fn stage(self, _: &mut Scope) -> Result<(), Fault> {
        Ok(())
    }
}

/// What a call answered, where it should have.
pub(super) fn answered<T, E: std::error::Error + 'static>(answer: Result<T, DispatchError<E>>) -> Result<T, Stop> {
    answer.map_err(|error| Stop::Failed(format!("a call failed that should not have: {error}")))
}
