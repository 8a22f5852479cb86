//! Who sends a request: what the application says about it.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use axum::http::request::Parts;
use cqrs_core::{Fault, IntoProblem, Principal, Problem};
use serde_json::{Value, json};

/// Says who sends a request. An application has one: a token, a session, what a proxy has checked.
///
/// ```
/// use axum::http::request::Parts;
/// use cqrs_axum::{Authenticate, Caller, Scheme};
/// use cqrs_core::{Principal, Problem};
///
/// struct Keys(Vec<(String, Principal)>);
///
/// impl Authenticate for Keys {
///     async fn authenticate(&self, request: &Parts) -> Result<Option<Caller>, Problem> {
///         let Some(key) = request.headers.get("x-api-key") else { return Ok(None) };
///         let known = self.0.iter().find(|(known, _)| key == known.as_str());
///         let (_, principal) = known.ok_or_else(|| Problem::unauthorized("the key is not known"))?;
///         Ok(Some(principal.clone().into()))
///     }
///
///     fn scheme(&self) -> Scheme { Scheme::ApiKey { header: "X-Api-Key" } }
/// }
/// ```
pub trait Authenticate: Send + Sync + 'static {
    /// Who it is; nobody, where the request does not say, which only messages take that name no one. Called before
    /// anything of the body is read.
    ///
    /// # Errors
    /// The problem that the request is answered with, such as a token that has expired.
    fn authenticate(&self, request: &Parts) -> impl Future<Output = Result<Option<Caller>, Problem>> + Send;

    /// How a request says it: for the OpenAPI document, and for the `WWW-Authenticate` of an answer.
    fn scheme(&self) -> Scheme {
        Scheme::Bearer { format: "" }
    }
}

/// One that others have too.
impl<A: Authenticate> Authenticate for Arc<A> {
    fn authenticate(&self, request: &Parts) -> impl Future<Output = Result<Option<Caller>, Problem>> + Send {
        A::authenticate(self, request)
    }

    fn scheme(&self) -> Scheme {
        A::scheme(self)
    }
}

/// Who sends a request, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub(crate) principal: Principal,
    pub(crate) tenant: Option<String>,
}

impl From<Principal> for Caller {
    fn from(principal: Principal) -> Self {
        Caller { principal, tenant: None }
    }
}

impl Caller {
    /// The same caller, acting for one of several customers.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// Who it is.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The customer that is acted for, if there are several.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.tenant.as_deref()
    }
}

/// How a request says who sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// `Authorization: Bearer ..`.
    Bearer {
        /// What sort of token, such as `JWT`; empty if that is nobody's business.
        format: &'static str,
    },
    /// `Authorization: Basic ..`.
    Basic,
    /// A header of the application's own.
    ApiKey {
        /// Which.
        header: &'static str,
    },
}

/// Why a client is told how to say who it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Challenge<'a> {
    /// It has not said.
    Unsaid,
    /// What it said is not believed.
    Unbelieved,
    /// Who it is may not, without this scope.
    Without(&'a str),
}

impl Scheme {
    /// What [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#field.www-authenticate) calls a challenge, and with a token
    /// also what [RFC 6750](https://www.rfc-editor.org/rfc/rfc6750#section-3) has it say. Nothing, where to say it again
    /// does not help.
    pub(crate) fn challenge(self, why: Challenge<'_>) -> Option<String> {
        let bearer = "Bearer realm=\"api\"";
        Some(match (self, why) {
            (Scheme::Bearer { .. }, Challenge::Unsaid) => bearer.to_owned(),
            (Scheme::Bearer { .. }, Challenge::Unbelieved) => format!("{bearer}, error=\"invalid_token\""),
            (Scheme::Bearer { .. }, Challenge::Without(scope)) if scope.contains(['"', '\\']) => return None,
            (Scheme::Bearer { .. }, Challenge::Without(scope)) => {
                format!("{bearer}, error=\"insufficient_scope\", scope=\"{scope}\"")
            }
            (_, Challenge::Without(_)) => return None,
            (Scheme::Basic, _) => "Basic realm=\"api\"".to_owned(),
            (Scheme::ApiKey { header }, _) => format!("ApiKey header=\"{header}\""),
        })
    }

    /// Its name in the OpenAPI document, and what it is there.
    pub(crate) fn described(self) -> (&'static str, Value) {
        match self {
            Scheme::Bearer { format: "" } => ("bearer", json!({ "type": "http", "scheme": "bearer" })),
            Scheme::Bearer { format } => {
                ("bearer", json!({ "type": "http", "scheme": "bearer", "bearerFormat": format }))
            }
            Scheme::Basic => ("basic", json!({ "type": "http", "scheme": "basic" })),
            Scheme::ApiKey { header } => ("apiKey", json!({ "type": "apiKey", "in": "header", "name": header })),
        }
    }
}

/// [`Authenticate`] without its type.
pub(crate) trait Authenticator: Send + Sync {
    fn ask<'a>(&'a self, request: &'a Parts) -> Asked<'a>;
    fn scheme(&self) -> Scheme;
}

pub(crate) type Asked<'a> = Pin<Box<dyn Future<Output = Result<Option<Caller>, Problem>> + Send + 'a>>;

impl<A: Authenticate> Authenticator for A {
    fn ask<'a>(&'a self, request: &'a Parts) -> Asked<'a> {
        // What panics here is asked by strangers: it is an answer, and not the end of their connection.
        let panicked =
            |payload: Box<dyn Any + Send>| Fault::panic("asking who sends a request", &*payload).into_problem();
        Box::pin(async move {
            // It may be a function that does something before there is a future.
            let mut asked = pin!(catch_unwind(AssertUnwindSafe(|| self.authenticate(request))).map_err(panicked)?);
            poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| asked.as_mut().poll(cx))) {
                Ok(polled) => polled,
                Err(payload) => Poll::Ready(Err(panicked(payload))),
            })
            .await
        })
    }

    fn scheme(&self) -> Scheme {
        Authenticate::scheme(self)
    }
}
