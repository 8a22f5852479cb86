//! From the parts of a request to a call, and from what it comes to to an answer.

use std::borrow::Cow;
use std::fmt;
use std::future::IntoFuture;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::declared::HttpInfo;
use super::fields::{self, Unreadable};
use super::form::{Form as _, NoReply, Routed};
use super::refusal::refused;
use super::route::Route;
use crate::bus::Bus;
use crate::call::context::Options;
use crate::future::BoxFuture;
use crate::message::{Message, Wire};
use crate::result::dispatch_error::DispatchError;
use crate::result::fault::Fault;
use crate::result::problem::{FieldError, IntoProblem, Problem};

/// The parts of a request that a message is read from.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// What stands where the route's path has names, decoded, in their order.
    pub path: &'a [Cow<'a, str>],
    /// The query string as it came, without its `?`.
    pub query: &'a str,
    /// A header's values by its name in lower case, one for each line that it comes in: none where it did not come, and
    /// what is wrong with it where it came and is no value.
    pub headers: &'a dyn Fn(&str) -> Result<Vec<&'a str>, &'static str>,
    /// The body, which is JSON.
    pub body: &'a [u8],
}

impl fmt::Debug for Parts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("path", &self.path).field("query", &self.query).finish_non_exhaustive()
    }
}

/// What a request is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Where to find what was made: a path under which the routes of the bus are found.
    pub location: Option<String>,
    /// What is said.
    pub body: Body,
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// There is none.
    Empty,
    /// The output.
    Json(Vec<u8>),
}

/// What a request comes to: an answer, a problem that the application says, or a fault.
pub type RouteResult = Result<Reply, DispatchError<Problem>>;

/// A call over a route that has not begun: options, and then `.await`.
///
/// Returned by [`Route::call`] and [`Route::refuse`].
#[must_use = "nothing happens until it is awaited"]
pub struct RouteDispatch<'a> {
    route: Route,
    bus: &'a Bus,
    /// What the message is read from; nothing, where the caller is refused.
    parts: Option<&'a Parts<'a>>,
    options: Option<Arc<Options>>,
}

impl<'a> RouteDispatch<'a> {
    pub(super) fn new(route: Route, bus: &'a Bus, parts: Option<&'a Parts<'a>>) -> Self {
        RouteDispatch { route, bus, parts, options: None }
    }

    crate::call::options::methods!(options);
}

impl IntoFuture for RouteDispatch<'_> {
    type Output = RouteResult;
    type IntoFuture = BoxFuture<'static, RouteResult>;

    /// Reads the message; what is awaited holds nothing of the request.
    fn into_future(self) -> Self::IntoFuture {
        let (http, bus) = (self.route.http(), self.bus.clone());
        let Some(parts) = self.parts else {
            let refused = refused(self.route.message(), bus, self.options);
            return Box::pin(async move { Err(refused.await.into()) });
        };
        match (http.call)(bus, http, parts, self.options) {
            Ok(call) => call,
            Err(fault) => Box::pin(std::future::ready(Err(fault.into()))),
        }
    }
}

/// Reads a message. What the user's `Deserialize` does, a panic too, is the call's fault.
pub(super) fn read<C: Wire>(http: &HttpInfo, parts: &Parts<'_>) -> Result<C, Fault> {
    match catch_unwind(AssertUnwindSafe(|| fields::read::<C>(http, parts))) {
        Ok(Ok(message)) => Ok(message),
        Ok(Err(mistakes)) => Err(unreadable(C::info().name, mistakes).at(C::info().by_hand.site())),
        Err(payload) => Err(Fault::panic("reading the message", &*payload).at(C::info().by_hand.site())),
    }
}

#[cold]
fn unreadable(name: &str, mistakes: Vec<Unreadable>) -> Fault {
    let mut text = format!("`{name}` cannot be read from this request");
    let mut fields = Vec::with_capacity(mistakes.len());
    for Unreadable { field, detail, .. } in mistakes {
        match field {
            Some(field) => fields.push(FieldError { field, detail }),
            // Of the request as a whole.
            None => text = format!("{text}: {detail}"),
        }
    }
    Fault::malformed(text).with_fields(fields)
}

/// Writes an answer. Nobody knows any more what a caller was told who cannot be told.
pub(super) fn reply<C>(http: &HttpInfo, result: Result<C::Output, DispatchError<C::Error>>) -> RouteResult
where
    C: Routed + Message<Error: IntoProblem>,
{
    let told = catch_unwind(AssertUnwindSafe(|| match result {
        Ok(output) => {
            let location = if http.located { C::location(&output) } else { None };
            match C::form().reply(http, output) {
                Ok(mut reply) => {
                    reply.location = location.filter(|at| !at.is_empty() && matches!(reply.status, 201 | 202));
                    Ok(reply)
                }
                Err(NoReply::Problem(problem)) => Err(DispatchError::Rejected(problem)),
                Err(NoReply::Json(error)) => Err(unwritable::<C>(error).into()),
            }
        }
        Err(error) => Err(error.map_rejection(IntoProblem::into_problem)),
    }));
    told.unwrap_or_else(|payload| {
        let fault = Fault::panic("writing the answer", &*payload).with_unknown_effect();
        Err(fault.at(C::info().by_hand.site()).into())
    })
}

#[cold]
fn unwritable<C: Message>(error: serde_json::Error) -> Fault {
    let text = format!("`{}` was handled, but its output cannot be written as JSON", C::info().name);
    Fault::internal(text).with_unknown_effect().caused_by(error).at(C::info().by_hand.site())
}
