//! Messages by name, from JSON.

use std::future::IntoFuture;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::Value;

use crate::bus::Bus;
use crate::call::ambient;
use crate::call::context::Options;
use crate::call::principal::Principal;
use crate::future::BoxFuture;
use crate::handler::Handled;
use crate::message::{Command, Event, Message, MessageKind, Query, ToJsonFn, Wire, to_json};
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::Fault;
use crate::result::problem::{IntoProblem, Problem};

/// What a call by name comes to: the output as JSON, a rejection as the problem a client may see, or a fault.
pub type WireResult = Result<Value, DispatchError<Problem>>;

/// How a message is reached from bytes.
#[derive(Debug, Clone, Copy)]
pub struct WireInfo {
    dispatch: DispatchFn,
    pub(crate) to_json: ToJsonFn,
}

type DispatchFn = fn(Bus, &[u8], Option<Arc<Options>>) -> Result<BoxFuture<'static, WireResult>, Fault>;

impl WireInfo {
    /// Of a command.
    #[must_use]
    pub const fn command<C>() -> Self
    where
        C: Command + Wire + Handled + Message<Output: serde::Serialize, Error: IntoProblem>,
    {
        WireInfo::of::<C>(|bus, payload, options| {
            let message = decode::<C>(payload)?;
            Ok(Box::pin(async move { encode::<C>(bus.execute(message).with(options).await, serde_json::to_value) }))
        })
    }

    /// Of a query.
    #[must_use]
    pub const fn query<C>() -> Self
    where
        C: Query + Wire + Handled + Message<Output: serde::Serialize, Error: IntoProblem>,
    {
        WireInfo::of::<C>(|bus, payload, options| {
            let message = decode::<C>(payload)?;
            Ok(Box::pin(async move { encode::<C>(bus.query(message).with(options).await, serde_json::to_value) }))
        })
    }

    /// Of an event.
    #[must_use]
    pub const fn event<C: Event + Wire>() -> Self {
        WireInfo::of::<C>(|bus, payload, options| {
            let event = decode::<C>(payload)?;
            Ok(Box::pin(async move {
                bus.publish(event).with(options).await?;
                Ok(Value::Null)
            }))
        })
    }

    pub(crate) const fn of<C: Wire>(dispatch: DispatchFn) -> Self {
        WireInfo { dispatch, to_json: to_json::<C> }
    }

    pub(crate) async fn dispatch(&self, bus: &Bus, payload: &[u8], options: Option<Arc<Options>>) -> WireResult {
        (self.dispatch)(bus.clone(), payload, options)?.await
    }
}

/// Reads a message. What the user's `Deserialize` does, a panic too, is the call's fault.
pub(crate) fn decode<C: Wire>(payload: &[u8]) -> Result<C, Fault> {
    let site = C::info().by_hand.site();
    let name = C::info().name;
    match catch_unwind(AssertUnwindSafe(|| C::from_json(payload))) {
        Ok(Ok(message)) => Ok(message),
        Ok(Err(error)) => {
            let text = format!("`{name}` cannot be read from this JSON: {error}");
            Err(Fault::malformed(text).caused_by(error).at(site))
        }
        Err(payload) => Err(Fault::panic("reading the message", &*payload).at(site)),
    }
}

/// Writes an answer. Nobody knows any more what a caller was told who cannot be told.
pub(crate) fn encode<C: Message<Error: IntoProblem>>(
    result: Result<C::Output, DispatchError<C::Error>>,
    to_value: impl FnOnce(C::Output) -> serde_json::Result<Value>,
) -> WireResult {
    let site = C::info().by_hand.site();
    let name = C::info().name;
    let told = catch_unwind(AssertUnwindSafe(|| match result {
        Ok(output) => to_value(output).map_err(|error| {
            let text = format!("`{name}` was handled, but its output cannot be written as JSON");
            Fault::internal(text).with_unknown_effect().caused_by(error).at(site).into()
        }),
        Err(error) => Err(error.map_rejection(IntoProblem::into_problem)),
    }));
    told.unwrap_or_else(|payload| {
        Err(Fault::panic("writing the answer", &*payload).with_unknown_effect().at(site).into())
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

    crate::call::options::methods!(options);
}

impl WireDispatch<'_> {
    /// Who sends an event by its name says that something has happened, and nothing says who may.
    fn may_publish(&self) -> bool {
        let who = self.options.as_ref().and_then(|options| options.principal.as_ref());
        !self.bus.denies_by_default() || !ambient::is_outside() || who.is_some_and(Principal::is_system)
    }
}

impl<'a> IntoFuture for WireDispatch<'a> {
    type Output = WireResult;
    type IntoFuture = BoxFuture<'a, WireResult>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let message = self.bus.named(self.name)?;
            if message.kind == MessageKind::Event && !self.may_publish() {
                let text = "an event is published by the application itself, and this bus denies by default";
                return Err(Fault::forbidden(text).at(message.by_hand.site()).into());
            }
            let Some(wire) = &message.wire else {
                return Err(Fault::internal("a message without `wire` is known by name").into());
            };
            wire.dispatch(self.bus, self.payload, self.options).await
        })
    }
}
