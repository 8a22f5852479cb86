//! The edge: its options, and the router that they make.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::ALLOW;
use axum::http::{HeaderValue, Response};
use axum::routing::{MethodFilter, MethodRouter};
use cqrs_core::http::{Method, Route};
use cqrs_core::{Bus, Fault, Problem};
use tower::service_fn;

use crate::authenticate::{Authenticate, Authenticator};
use crate::body::Limits;
use crate::openapi::{Described, Title};
use crate::request::{self, Shared};
use crate::{answer, docs, health};

/// Makes a router of a bus: options, then [`router`](Edge::router).
///
/// ```
/// use std::time::Duration;
///
/// use cqrs_axum::Edge;
/// use cqrs_core::{Bus, MessageKind};
///
/// // A server for reading alone.
/// let router = Edge::new(Bus::global())
///     .title("Orders", "2.1.0")
///     .routes(|route| route.kind() == MessageKind::Query)
///     .body_limit(64 * 1024)
///     .body_timeout(Duration::from_secs(10))
///     .router();
/// ```
#[must_use = "an edge is a router when it is told to be: `.router()`"]
pub struct Edge {
    bus: Bus,
    authenticator: Option<Box<dyn Authenticator>>,
    routes: Box<dyn Fn(&Route) -> bool>,
    title: Title,
    limits: Limits,
    docs: bool,
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edge").field("title", &self.title).field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Edge {
    /// Of this bus: all of its routes, nobody's principal, bodies of up to a MiB within 30 seconds, and `/docs`.
    pub fn new(bus: Bus) -> Self {
        Edge {
            bus,
            authenticator: None,
            routes: Box::new(|_| true),
            title: Title::default(),
            limits: Limits { bytes: 1 << 20, time: Duration::from_secs(30) },
            docs: true,
        }
    }

    /// Who sends a request. Without it nobody does, and what declares `authorize` is refused with 401.
    pub fn authenticate(mut self, authenticate: impl Authenticate) -> Self {
        self.authenticator = Some(Box::new(authenticate));
        self
    }

    /// Only these routes; the others are not there.
    pub fn routes(mut self, keep: impl Fn(&Route) -> bool + 'static) -> Self {
        self.routes = Box::new(keep);
        self
    }

    /// What the OpenAPI document calls the application, and its version.
    pub fn title(mut self, title: impl Into<String>, version: impl Into<String>) -> Self {
        self.title.title = title.into();
        self.title.version = version.into();
        self
    }

    /// What the OpenAPI document says of the application.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.title.description = description.into();
        self
    }

    /// The longest body, in bytes; a longer one is answered with 413.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.limits.bytes = bytes;
        self
    }

    /// How long a body may take from its head to its end; a slower one is answered with 408.
    pub fn body_timeout(mut self, time: Duration) -> Self {
        self.limits.time = time;
        self
    }

    /// Whether `/openapi.json` and `/docs` are there.
    pub fn docs(mut self, shown: bool) -> Self {
        self.docs = shown;
        self
    }

    /// The OpenAPI document of these routes, as [`router`](Edge::router) serves it at `/openapi.json`.
    #[must_use]
    pub fn openapi(&self) -> serde_json::Value {
        let routes: Vec<Route> = self.bus.routes().into_iter().filter(|route| (self.routes)(route)).collect();
        let scheme = self.authenticator.as_ref().map(|authenticator| authenticator.scheme());
        Described { routes: &routes, title: &self.title, scheme }.document()
    }

    /// The router: nest it, layer it, merge it with one that has no fallback.
    pub fn router(self) -> Router {
        let document = self.docs.then(|| self.openapi());
        let mut paths: BTreeMap<String, Vec<Route>> = BTreeMap::new();
        for route in self.bus.routes().into_iter().filter(|route| (self.routes)(route)) {
            paths.entry(axum_path(route.path())).or_default().push(route);
        }
        let builtin = health::routes(&self.bus).into_iter().chain(document.into_iter().flat_map(docs::routes));
        let shared = Arc::new(Shared { bus: self.bus, authenticator: self.authenticator, limits: self.limits });
        let mut router = Router::new();
        for (path, served) in builtin {
            match paths.contains_key(path) {
                true => tracing::warn!("a message has the route `{path}`, so that it is not what it is elsewhere"),
                false => router = router.route(path, served.fallback(|request| not_allowed(request, "GET, HEAD"))),
            }
        }
        for (path, routes) in paths {
            router = router.route(&path, of_path(&routes, &shared));
        }
        router.fallback(not_found)
    }
}

/// A path with names of our own: two messages may call the same segment differently.
pub(crate) fn axum_path(template: &str) -> String {
    let mut number = 0;
    let segments = template.split('/').map(|segment| match segment.starts_with('{') {
        true => {
            number += 1;
            format!("{{p{number}}}")
        }
        false => segment.to_owned(),
    });
    segments.collect::<Vec<_>>().join("/")
}

/// All methods of one path.
fn of_path(routes: &[Route], shared: &Arc<Shared>) -> MethodRouter {
    let mut by_method: BTreeMap<Method, Vec<Route>> = BTreeMap::new();
    for &route in routes {
        by_method.entry(route.method()).or_default().push(route);
    }
    let mut allowed: Vec<&str> = by_method.keys().map(|method| method.as_str()).collect();
    if by_method.contains_key(&Method::Get) {
        allowed.push("HEAD");
    }
    let allowed = allowed.join(", ");
    let mut served = MethodRouter::new();
    for (method, routes) in by_method {
        let filter = match method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
            Method::Put => MethodFilter::PUT,
            Method::Patch => MethodFilter::PATCH,
            Method::Delete => MethodFilter::DELETE,
        };
        served = match routes[..] {
            [route] => {
                let shared = shared.clone();
                let service = move |request| request::answer(route, shared.clone(), request);
                served.on_service(filter, service_fn(service))
            }
            _ => {
                let names: Vec<_> = routes.iter().map(ToString::to_string).collect();
                let text = format!("two messages have one route: {}", names.join(", "));
                served.on(filter, move || std::future::ready(answer::of_fault(&Fault::wiring(text))))
            }
        };
    }
    served.fallback(move |request| not_allowed(request, allowed))
}

async fn not_allowed(request: Request, allowed: impl AsRef<str>) -> Response<Body> {
    let (head, _) = request.into_parts();
    if request::has_empty_segment(head.uri.path()) {
        return request::of_no_route(&head, answer::of_problem(&request::no_such_path()));
    }
    let text = format!("`{}` is not for this path; it takes {}", head.method, allowed.as_ref());
    let mut response = answer::of_problem(&Problem::new(405, text));
    if let Ok(allowed) = HeaderValue::from_str(allowed.as_ref()) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    request::of_no_route(&head, response)
}

async fn not_found(request: Request) -> Response<Body> {
    let (head, _) = request.into_parts();
    let problem = request::too_long(&head).unwrap_or_else(request::no_such_path);
    request::of_no_route(&head, answer::of_problem(&problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_segment_is_called_is_no_difference() {
        assert_eq!(axum_path("/users/{user_id}/notes/{n}"), "/users/{p1}/notes/{p2}");
        assert_eq!(axum_path("/users/{id}/notes/{note}"), axum_path("/users/{user_id}/notes/{n}"));
        assert_eq!(axum_path("/"), "/");
    }
}
