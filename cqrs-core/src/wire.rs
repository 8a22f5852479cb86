//! Messages by name, from JSON.

use std::future::IntoFuture;
use std::sync::Arc;

use serde_json::Value;

use crate::bus::Bus;
use crate::context::Options;
use crate::dispatch::BoxFuture;
use crate::fault::{DispatchError, Fault};
use crate::handler::Handled;
use crate::message::{Command, Event, Message, Query, Wire};
use crate::problem::{IntoProblem, Problem};

/// What a call by name comes to: the output as JSON, a rejection as the problem a client may see, or a fault.
pub type WireResult = Result<Value, DispatchError<Problem>>;

/// How a message is reached from bytes.
#[derive(Debug, Clone, Copy)]
pub struct WireInfo(fn(Bus, &[u8], Option<Arc<Options>>) -> Result<BoxFuture<'static, WireResult>, Fault>);

impl WireInfo {
    /// Of a command.
    #[must_use]
    pub const fn command<C>() -> Self
    where
        C: Command + Wire + Handled + Message<Output: serde::Serialize, Error: IntoProblem>,
    {
        WireInfo(|bus, payload, options| {
            let message = decode::<C>(payload)?;
            Ok(Box::pin(async move { encode::<C>(bus.execute(message).with(options).await) }))
        })
    }

    /// Of a query.
    #[must_use]
    pub const fn query<C>() -> Self
    where
        C: Query + Wire + Handled + Message<Output: serde::Serialize, Error: IntoProblem>,
    {
        WireInfo(|bus, payload, options| {
            let message = decode::<C>(payload)?;
            Ok(Box::pin(async move { encode::<C>(bus.query(message).with(options).await) }))
        })
    }

    /// Of an event.
    #[must_use]
    pub const fn event<C: Event + Wire>() -> Self {
        WireInfo(|bus, payload, options| {
            let event = decode::<C>(payload)?;
            Ok(Box::pin(async move {
                bus.publish(event).with(options).await?;
                Ok(Value::Null)
            }))
        })
    }

    pub(crate) async fn dispatch(&self, bus: &Bus, payload: &[u8], options: Option<Arc<Options>>) -> WireResult {
        (self.0)(bus.clone(), payload, options)?.await
    }
}

fn decode<C: Wire>(payload: &[u8]) -> Result<C, Fault> {
    C::from_json(payload).map_err(|error| {
        Fault::malformed(format!("`{}` cannot be read from this JSON: {error}", C::info().name)).caused_by(error)
    })
}

fn encode<C>(result: Result<C::Output, DispatchError<C::Error>>) -> WireResult
where
    C: Message<Output: serde::Serialize, Error: IntoProblem>,
{
    let output = result.map_err(|error| error.map_rejection(IntoProblem::into_problem))?;
    serde_json::to_value(output).map_err(|error| {
        let text = format!("`{}` was handled, but its output cannot be written as JSON", C::info().name);
        Fault::internal(text).with_unknown_effect().caused_by(error).into()
    })
}

/// A call by name that has not begun: options, and then `.await`.
///
/// Returned by [`Bus::dispatch_json`].
#[must_use = "nothing happens until it is awaited"]
pub struct WireDispatch<'a> {
    bus: &'a Bus,
    name: &'a str,
    payload: &'a [u8],
    options: Option<Arc<Options>>,
}

impl<'a> WireDispatch<'a> {
    pub(crate) fn new(bus: &'a Bus, name: &'a str, payload: &'a [u8]) -> Self {
        WireDispatch { bus, name, payload, options: None }
    }

    crate::options::methods!(options);
}

impl<'a> IntoFuture for WireDispatch<'a> {
    type Output = WireResult;
    type IntoFuture = BoxFuture<'a, WireResult>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let message = self.bus.named(self.name)?;
            let Some(wire) = &message.wire else {
                return Err(Fault::internal("a message without `wire` is known by name").into());
            };
            wire.dispatch(self.bus, self.payload, self.options).await
        })
    }
}
