//! Our attributes stand anywhere among the others.

#![deny(warnings)]

use cqrs_core::{Context, command, event, handler, provide, query};

/// Above.
#[derive(Debug, Clone)]
#[must_use]
#[command(output = u64)]
/// Below.
#[allow(dead_code)]
pub struct Place {
    /// Who.
    pub customer: u64,
}

#[command(output = u64)]
#[derive(Debug, Clone)]
#[must_use = "send it"]
#[non_exhaustive]
pub enum Move {
    /// To the left.
    Left,
}

#[query(wire, output = Vec<u64>)]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    /// How many.
    pub page_size: u64,
}

#[derive(serde::Serialize, serde::Deserialize, Clone)]
#[event(name = "orders.placed")]
pub struct Placed;

#[derive(serde::Serialize, Clone)]
#[event]
#[serde(rename_all = "camelCase")]
#[derive(serde::Deserialize)]
pub struct Renamed {
    /// Which.
    #[serde(rename = "order")]
    #[aggregate_id("order")]
    #[cfg(any(unix, not(unix)))]
    pub order_number: u64,
    /// Which else.
    #[cfg(all(unix, windows))]
    #[aggregate_id("nothing")]
    pub nothing: Nothing,
    /// Old.
    #[deprecated]
    pub old: u8,
}

#[command]
#[derive(Debug)]
pub struct Rename(#[deprecated] pub u8, #[aggregate_id("order")] pub u64, #[cfg(all(unix, windows))] Nothing);

#[command]
#[derive(Debug)]
pub struct Forget {
    /// Which.
    #[aggregate_id("order")]
    #[deprecated]
    #[cfg(any(unix, not(unix)))]
    pub order: u64,
}

#[event]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
#[cfg(all(unix, windows))]
pub struct Never(Nothing);

#[cfg(all(unix, windows))]
#[command]
pub struct NeverEither(Nothing);

#[command]
#[cfg_attr(all(unix, windows), cfg(not(all(unix, windows))))]
#[cfg(any(unix, not(unix)))]
pub struct Always;

#[tracing::instrument(skip_all)]
#[handler]
/// Places.
#[must_use]
pub async fn place(cmd: Place) -> u64 {
    cmd.customer
}

/// Moves.
#[handler]
#[tracing::instrument(skip(context))]
#[inline]
#[allow(clippy::unused_async)]
async fn step(mut cmd: Move, #[allow(unused_variables)] context: Context) -> u64 {
    let _ = &mut cmd;
    1
}

#[handler]
fn rename(_: Rename) {}

#[handler]
fn forget(_: Forget) {}

#[handler]
#[cfg(all(unix, windows))]
fn never(_: NeverEither) {}

#[cfg(any(unix, not(unix)))]
#[handler]
#[cfg(any(unix, not(unix)))]
fn always(_: Always) {}

pub struct Orders;

impl cqrs_core::ReadOnly for Orders {}

#[handler]
#[allow(clippy::unused_self)]
/// The orders.
impl Orders {
    /// Lists.
    #[tracing::instrument(skip_all)]
    #[must_use]
    pub async fn list(&self, query: List) -> Vec<u64> {
        vec![query.page_size]
    }

    #[cfg(all(unix, windows))]
    fn never(&self, _: NeverEither) {}
}

#[handler]
#[cfg(all(unix, windows))]
impl Nothing {
    fn never(&self, _: NeverEither) {}
}

#[provide]
#[tracing::instrument]
#[must_use]
fn orders() -> Orders {
    Orders
}

#[provide]
#[cfg(all(unix, windows))]
fn nothing() -> Nothing {
    Nothing
}

fn main() {
    use cqrs_core::NamesAggregate;

    assert_eq!(*Rename(1, 7).aggregate_id(), 7);
}
