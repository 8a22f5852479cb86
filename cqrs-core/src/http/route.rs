//! The routes of a bus.

use std::fmt;

use schemars::{Schema, SchemaGenerator};

use super::call::{Parts, RouteDispatch};
use super::declared::{HttpInfo, Method};
use super::described::{self, RouteAnswer, RouteParameter};
use crate::bus::Bus;
use crate::call::principal::Principal;
use crate::handler::registry;
use crate::message::{MessageInfo, MessageKind};
use crate::pipeline::access::Access;
use crate::result::fault::Place;
use crate::result::problem::ProblemKind;

/// A message that is reached over HTTP, and how.
#[derive(Clone, Copy)]
pub struct Route {
    message: &'static MessageInfo,
    http: &'static HttpInfo,
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Route({self})")
    }
}

/// Such as `POST /users (CreateUser)`.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.http, self.message.name)
    }
}

impl Bus {
    /// Every message of this bus that declares `http(..)`, in an order that does not depend on how the program was
    /// linked: by the place of its declaration.
    #[must_use]
    pub fn routes(&self) -> Vec<Route> {
        let by_hand = self.names().values().flatten().copied();
        let mut messages: Vec<_> = registry::linked_in().messages.iter().copied().chain(by_hand).collect();
        messages.sort_by_key(|message| message.place);
        messages.dedup_by(|first, second| std::ptr::eq(*first, *second));
        messages.into_iter().filter_map(Route::of).collect()
    }
}

impl Route {
    fn of(message: &'static MessageInfo) -> Option<Self> {
        Some(Route { message, http: message.http.as_ref()? })
    }

    pub(super) fn message(&self) -> &'static MessageInfo {
        self.message
    }

    pub(super) fn http(&self) -> &'static HttpInfo {
        self.http
    }

    pub(super) fn declared_at(&self) -> Place {
        self.http.place
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.http.method
    }

    /// The path, with names in braces: `/users/{user_id}`.
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.http.path
    }

    /// The message's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.message.name
    }

    /// Whether it is a command or a query.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        self.message.kind
    }

    /// The message's doc comment.
    #[must_use]
    pub fn description(&self) -> &'static str {
        self.message.docs
    }

    /// Where the message stands.
    #[must_use]
    pub fn place(&self) -> Place {
        self.message.place
    }

    /// Whether a request has a body that the message is read from.
    #[must_use]
    pub fn has_body(&self) -> bool {
        self.http.method.has_body()
    }

    /// The scope that a caller must have, where the message names one.
    #[must_use]
    pub fn scope(&self) -> Option<&'static str> {
        match self.message.pipeline.access() {
            Access::Scope(scope) => Some(scope),
            Access::Undeclared | Access::Public | Access::Policy(_) => None,
        }
    }

    /// Whether a caller must say who they are: the message declares `authorize`.
    #[must_use]
    pub fn is_restricted(&self) -> bool {
        matches!(self.message.pipeline.access(), Access::Scope(_) | Access::Policy(_))
    }

    /// Whether the message declares `idempotent`.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        self.message.pipeline.idempotent().is_some()
    }

    /// Whether the message declares `validate`.
    #[must_use]
    pub fn is_validated(&self) -> bool {
        self.message.pipeline.is_validated()
    }

    /// Whether an answer of status 201 says where to find what was made.
    #[must_use]
    pub fn has_location(&self) -> bool {
        self.http.located
    }

    /// Whether the message's `authorize` may let this caller in, whatever the message says, so that nothing of the request
    /// has to be read for one whom it does not. The call asks again, and a policy only there.
    #[must_use]
    pub fn admits(&self, who: Option<&Principal>) -> bool {
        self.message.pipeline.access().admits_early(who)
    }

    /// Reads the message from the parts of a request and dispatches it: options, then `.await`.
    ///
    /// # Errors
    /// A rejection as the problem that a client is told; or a [`Fault`](crate::Fault), of kind
    /// [`Malformed`](crate::FaultKind::Malformed) where the parts are not the message.
    pub fn call<'a>(&self, bus: &'a Bus, parts: &'a Parts<'a>) -> RouteDispatch<'a> {
        RouteDispatch::new(*self, bus, Some(parts))
    }

    /// The call of a caller whom the route does not [admit](Route::admits): the same options, then `.await`. It has its
    /// span, its count and its line in the log, and, where it is a command and the caller is known, its row in the audit
    /// trail.
    ///
    /// # Errors
    /// Always: a fault of kind [`Unauthenticated`](crate::FaultKind::Unauthenticated) or
    /// [`Forbidden`](crate::FaultKind::Forbidden).
    pub fn refuse<'a>(&self, bus: &'a Bus) -> RouteDispatch<'a> {
        RouteDispatch::new(*self, bus, None)
    }

    /// The fields of the message that come from path, query string and headers, with their schemas.
    #[must_use]
    pub fn parameters(&self, generator: &mut SchemaGenerator) -> Vec<RouteParameter> {
        described::sort(self.http, generator).parameters
    }

    /// The schema of the body; nothing, where the message needs none.
    #[must_use]
    pub fn body(&self, generator: &mut SchemaGenerator) -> Option<Schema> {
        described::sort(self.http, generator).body
    }

    /// What an output is answered with.
    #[must_use]
    pub fn answers(&self, generator: &mut SchemaGenerator) -> Vec<RouteAnswer> {
        (self.http.answers)(self.http, generator)
    }

    /// The problems that the message's error can be; nothing, where it does not say, and it may be any.
    #[must_use]
    pub fn problems(&self) -> Option<&'static [ProblemKind]> {
        (self.http.problems)()
    }
}
