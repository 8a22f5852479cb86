//! Messages at an HTTP edge: what `http(..)` declares, and how a request becomes a call. Feature `http`.
//!
//! Nothing here knows of a server. `cqrs-axum` is one edge that is made of this; another takes [`Bus::routes`], and for
//! each request that matches a [`Route`] the [`Parts`] of the request, and [calls](Route::call) it.
//!
//! A list is a parameter that comes several times in a query string, and several lines of a header or one with commas; in a
//! path it has commas, which none of its items can have then. A field that comes from a header, or from the query string
//! beside a body, comes from nowhere else, under no other name either that serde would take for it.
//!
//! ```
//! use std::borrow::Cow;
//!
//! use cqrs_core::http::{Body, Parts};
//! use cqrs_core::{Bus, handler, query};
//!
//! /// How many there are.
//! #[query(output = u64, http(get = "/counters/{name}"))]
//! #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
//! struct Count { name: String, from: u64 }
//!
//! #[handler]
//! fn count(query: Count) -> u64 { query.from + query.name.len() as u64 }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let bus = Bus::global();
//! let route = bus.routes().into_iter().find(|route| route.name() == "Count").unwrap();
//! assert_eq!(route.path(), "/counters/{name}");
//! let parts = Parts { path: &[Cow::Borrowed("four")], query: "from=38", headers: &|_| Ok(Vec::new()), body: b"" };
//! let reply = route.call(&bus, &parts).await.unwrap();
//! assert_eq!((reply.status, reply.body), (200, Body::Json(b"42".to_vec())));
//! # }
//! ```

mod call;
mod declared;
mod described;
mod fields;
mod form;
mod refusal;
mod route;
mod schema;
mod shape;
mod text;
mod verify;

pub use call::{Body, Parts, Reply, RouteDispatch, RouteResult};
pub use declared::Method;
pub use described::{Described, ParameterPlace, RouteAnswer, RouteParameter};
pub use route::Route;

// What generated code names, and what stands in the signatures of that.
#[doc(hidden)]
pub use declared::HttpInfo;
#[doc(hidden)]
pub use fields::{Fields, Unreadable};
pub(crate) use fields::{from_body, from_fields, mistake};
#[doc(hidden)]
pub use form::{Form, FormOf, Located, Routed, ToForm, located};
#[doc(hidden)]
pub use shape::KnownFields;
pub(crate) use verify::routes as verify_routes;

#[cfg(doc)]
use crate::bus::Bus;
