//! Every macro in a crate whose lints allow nothing.

#![forbid(unsafe_code)]
#![deny(warnings, unused_qualifications, missing_docs, missing_debug_implementations, unreachable_pub)]
#![deny(single_use_lifetimes, unused_lifetimes, unused_import_braces, unused_results, let_underscore_drop)]
#![deny(clippy::all, clippy::pedantic)]

use std::convert::Infallible;
use std::sync::Arc;

use cqrs_core::{Context, Events, Fault, Problem, ReadOnly, command, event, handler, provide, query};

/// A number was added.
#[event]
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Added {
    /// Which.
    pub number: u64,
}

/// Adds a number.
#[command(output = u64, error = AddError, name = "forbidding.add")]
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Add {
    /// Which.
    pub number: u64,
}

/// Adds a number, for whoever handles it.
#[command(output = u64, contract)]
#[derive(Debug)]
pub struct AddElsewhere {
    /// Which.
    pub number: u64,
}

/// Why a number was not added.
#[derive(Debug, thiserror::Error, Problem)]
pub enum AddError {
    /// It is too big.
    #[error("{0} is too big")]
    #[problem(status = 400)]
    TooBig(u64),
    /// It could not be tried.
    #[error(transparent)]
    #[fault]
    Fault(Fault),
}

/// The highest number.
#[query(output = u64, error = Fault)]
#[derive(Debug, Clone, Copy)]
pub struct Highest;

/// How high the numbers go.
#[derive(Debug)]
pub struct Limit(u64);

#[provide(read_only)]
fn limit() -> Limit {
    Limit(100)
}

/// What one call adds.
pub trait Sum: Send {
    /// Adds a number and answers the sum.
    fn add(&mut self, number: u64) -> u64;
}

#[derive(Debug)]
struct InMemory(u64);

impl Sum for InMemory {
    fn add(&mut self, number: u64) -> u64 {
        self.0 += number;
        self.0
    }
}

#[provide]
fn sum(_context: Context) -> Box<dyn Sum> {
    Box::new(InMemory(0))
}

/// Tells of numbers.
pub trait Teller: Send + Sync {
    /// Tells of one.
    fn tell(&self, number: u64);
}

#[derive(Debug)]
struct Silent;

impl Teller for Silent {
    fn tell(&self, _: u64) {}
}

#[provide]
async fn teller(_limit: &Limit) -> Result<Arc<dyn Teller>, Infallible> {
    let teller: Arc<dyn Teller> = std::future::ready(Arc::new(Silent)).await;
    Ok(teller)
}

#[handler]
async fn add(cmd: Add, limit: &Limit, sum: &mut dyn Sum, events: &mut Events) -> Result<u64, AddError> {
    if cmd.number > limit.0 {
        return Err(AddError::TooBig(cmd.number));
    }
    let added = std::future::ready(sum.add(cmd.number)).await;
    events.raise(Added { number: cmd.number });
    Ok(added)
}

#[handler]
fn highest(_: Highest, limit: &Limit) -> Result<u64, Fault> {
    if limit.0 == 0 {
        return Err(Fault::unavailable("there are no numbers"));
    }
    Ok(limit.0)
}

/// Handles what belongs together.
#[derive(Debug)]
pub struct Adder {
    offset: u64,
}

impl ReadOnly for Adder {}

#[provide]
fn adder() -> Adder {
    Adder { offset: 1 }
}

#[handler]
impl Adder {
    fn elsewhere(&self, AddElsewhere { number }: AddElsewhere) -> u64 {
        number + self.offset
    }

    async fn added(&self, event: Added, teller: &dyn Teller) {
        teller.tell(std::future::ready(event.number + self.offset).await);
    }
}
