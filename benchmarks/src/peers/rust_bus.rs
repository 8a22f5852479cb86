//! rust_bus 2: handlers register themselves before `main` (`ctor`) in a map from the type's name;
//! each call makes a new handler. `Default` is the faster of the two documented ways to make it
//! (the other, a factory, is one more boxed future), so the dependencies come from statics.

use async_trait::async_trait;
use bus::core::contracts::{IRequest, IRequestHandler};
use bus::core::error_bus::BusError;

use crate::measure::Candidate;
use crate::workload::{DB, Ping, Workload, orders, settle};

/// The error must be an `Error` that is made from the bus's own.
#[derive(Debug)]
#[allow(dead_code)]
enum PingError {
    Refused(String),
    Bus(BusError),
}

impl std::fmt::Display for PingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for PingError {}

impl From<BusError> for PingError {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl IRequest<u64, PingError> for Ping {}

#[derive(Default)]
struct Answer;

#[async_trait]
#[bus::registry::BusRequestHandler]
impl IRequestHandler<Ping, u64, PingError> for Answer {
    async fn handle_async(&self, ping: Ping) -> Result<u64, PingError> {
        std::future::ready(()).await;
        settle(ping.id, ping.name, &DB, orders()).map_err(PingError::Refused)
    }
}

pub fn rows(workload: Workload) -> Vec<Candidate> {
    match workload {
        Workload::Sync => Vec::new(),
        Workload::Async => {
            vec![workload.candidate("rust_bus 2", async |i| bus::send(Ping::new(i)).await)]
        }
    }
}
