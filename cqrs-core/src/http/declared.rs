//! What `http(..)` says about a message.

use std::fmt;
use std::sync::Arc;

use schemars::SchemaGenerator;
use serde_json::Value;

use super::call;
use super::call::{Parts, RouteResult};
use super::described::{MessageSchema, RouteAnswer};
use super::form::{Form, Routed};
use super::shape::KnownFields;
use crate::bus::Bus;
use crate::call::context::Options;
use crate::future::BoxFuture;
use crate::handler::Handled;
use crate::message::wire::{self, WireInfo};
use crate::message::{Command, Message, MessageInfo, Query, Wire};
use crate::result::fault::{Fault, Place};
use crate::result::problem::{IntoProblem, ProblemKind};

/// The methods that a route may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Asks, and changes nothing.
    Get,
    /// Asks for a change, or asks with a body.
    Post,
    /// Asks for a change that is the same however often it is asked for.
    Put,
    /// Asks for a change of a part.
    Patch,
    /// Asks for the end of something.
    Delete,
}

impl Method {
    /// As it stands in a request.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }

    /// Whether a message that comes with it is read from a body, and not from the query string.
    #[must_use]
    pub const fn has_body(self) -> bool {
        matches!(self, Method::Post | Method::Put | Method::Patch)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A message's route: what was declared, and the ways to the message's types.
#[derive(Clone, Copy)]
pub struct HttpInfo {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) place: Place,
    pub(super) status: Option<u16>,
    pub(super) none: Option<u16>,
    pub(super) located: bool,
    /// By field, the header that it comes from.
    pub(super) headers: &'static [(&'static str, &'static str)],
    /// Fields that come from the query string although there is a body.
    pub(super) query: &'static [&'static str],
    /// It is reached by name too.
    wire: WireInfo,
    pub(super) call: CallFn,
    pub(super) message: MessageSchema,
    pub(super) answers: fn(&HttpInfo, &mut SchemaGenerator) -> Vec<RouteAnswer>,
    pub(super) problems: fn() -> Option<&'static [ProblemKind]>,
    pub(super) known: &'static KnownFields,
}

type CallFn =
    fn(Bus, &'static HttpInfo, &Parts<'_>, Option<Arc<Options>>) -> Result<BoxFuture<'static, RouteResult>, Fault>;

impl HttpInfo {
    /// Of a command.
    #[must_use]
    pub const fn command<C>(method: Method, path: &'static str, place: Place, known: &'static KnownFields) -> Self
    where
        C: Command + Wire + Routed + Handled + Message<Error: IntoProblem>,
    {
        let wire = WireInfo::of::<C>(|bus, payload, options| {
            let message = wire::decode::<C>(payload)?;
            Ok(Box::pin(async move { wire::encode::<C>(bus.execute(message).with(options).await, to_value::<C>) }))
        });
        HttpInfo::of::<C>(method, path, place, known, wire, |bus, http, parts, options| {
            let message = call::read::<C>(http, parts)?;
            Ok(Box::pin(async move { call::reply::<C>(http, bus.execute(message).with(options).await) }))
        })
    }

    /// Of a query.
    #[must_use]
    pub const fn query<C>(method: Method, path: &'static str, place: Place, known: &'static KnownFields) -> Self
    where
        C: Query + Wire + Routed + Handled + Message<Error: IntoProblem>,
    {
        let wire = WireInfo::of::<C>(|bus, payload, options| {
            let message = wire::decode::<C>(payload)?;
            Ok(Box::pin(async move { wire::encode::<C>(bus.query(message).with(options).await, to_value::<C>) }))
        });
        HttpInfo::of::<C>(method, path, place, known, wire, |bus, http, parts, options| {
            let message = call::read::<C>(http, parts)?;
            Ok(Box::pin(async move { call::reply::<C>(http, bus.query(message).with(options).await) }))
        })
    }

    const fn of<C: Routed + Message<Error: IntoProblem>>(
        method: Method,
        path: &'static str,
        place: Place,
        known: &'static KnownFields,
        wire: WireInfo,
        call: CallFn,
    ) -> Self {
        HttpInfo {
            method,
            path,
            place,
            status: None,
            none: None,
            located: C::LOCATED,
            headers: &[],
            query: &[],
            wire,
            call,
            message: MessageSchema { inline: C::inline_schema, referred: C::schema },
            answers: |http, generator| C::form().describe(http, generator),
            problems: <C::Error as IntoProblem>::problems,
            known,
        }
    }

    /// The same, with this status for a success.
    #[must_use]
    pub const fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// The same, with this status where the output is `None`.
    #[must_use]
    pub const fn none(mut self, status: u16) -> Self {
        self.none = Some(status);
        self
    }

    /// The same, with fields that come from headers.
    #[must_use]
    pub const fn headers(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    /// The same, with fields that come from the query string although there is a body.
    #[must_use]
    pub const fn from_query(mut self, fields: &'static [&'static str]) -> Self {
        self.query = fields;
        self
    }

    /// What the message is as JSON Schema, with all that it refers to.
    pub(crate) fn schema(&self) -> Value {
        let mut generator = SchemaGenerator::default();
        let mut schema = (self.message.inline)(&mut generator);
        let definitions = generator.take_definitions(true);
        if !definitions.is_empty() {
            schema.insert("$defs".to_owned(), definitions.into());
        }
        schema.into()
    }

    /// The names in the path, in their order.
    pub(super) fn path_names(&self) -> impl Iterator<Item = &'static str> {
        let opened = self.path.split('{').skip(1);
        opened.filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
    }
}

/// What a call by name answers. That an output can be written is known of its form.
fn to_value<C: Routed>(output: C::Output) -> serde_json::Result<Value> {
    C::form().to_value(output)
}

/// Such as `POST /users`.
impl fmt::Display for HttpInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

impl MessageInfo {
    /// The same, for a message that has a route.
    #[must_use]
    pub const fn http(self, http: HttpInfo) -> Self {
        let mut info = self.wire(http.wire);
        info.http = Some(http);
        info
    }
}
