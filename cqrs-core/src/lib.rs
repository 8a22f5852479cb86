//! CQRS declared with attributes: annotate a struct with [`#[command]`](macro@command) or
//! [`#[query]`](macro@query), a function with [`#[handler]`](macro@handler), and [`Bus::global`] finds it.
//!
//! ```
//! use cqrs_core::{Bus, Events, command, event, handler, query};
//!
//! #[event(transient)]
//! #[derive(Clone)]
//! struct Greeted { name: String }
//!
//! /// Greets somebody.
//! #[command(output = String, error = Nameless)]
//! struct Greet { name: String }
//!
//! #[derive(Debug, PartialEq)]
//! struct Nameless;
//!
//! #[handler]
//! async fn greet(cmd: Greet, events: &mut Events) -> Result<String, Nameless> {
//!     if cmd.name.is_empty() {
//!         return Err(Nameless);
//!     }
//!     let greeting = format!("hello {}", cmd.name);
//!     events.raise(Greeted { name: cmd.name });
//!     Ok(greeting)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! // In one process, with a unit of work that commits once:
//! let greeting = Bus::global().execute(Greet { name: "Ada".into() }).await.unwrap();
//! assert_eq!(greeting, "hello Ada");
//!
//! // In a unit test, without any of it:
//! let mut events = Events::default();
//! assert_eq!(greet(Greet { name: String::new() }, &mut events).await, Err(Nameless));
//! assert!(events.is_empty());
//! # }
//! ```
//!
//! # What a handler's signature says
//!
//! | parameter | is | for example |
//! | --- | --- | --- |
//! | the first, by value | the message | `cmd: PlaceOrder` |
//! | `&T`, `&dyn Trait` | a shared dependency, one per bus ([`#[provide]`](macro@provide)) | `mailer: &dyn Mailer` |
//! | `&mut T`, `&mut dyn Trait` | a resource of this call ([`Resource`]), committed once after success | `events: &mut Events` |
//! | `T` by value | something read off the call ([`FromCall`]) | `context: Context` |
//!
//! A query's handler takes no `&mut`, and only what is [`ReadOnly`].
//!
//! # Features
//!
//! | feature | is on by default | turns on |
//! | --- | --- | --- |
//! | `inventory` | yes | handlers, providers and named messages register themselves; without it [`Builder::register`] |
//! | `cache` | no | `#[query(.., cache(..))]` |
//! | `garde` | no | `validate` with rules that the fields derive |
//! | `http` | no | `http(..)` on commands and queries, and the module `http`; `cqrs-axum` turns it on |
//! | `metrics` | no | counts and durations of calls, through the facade `metrics` |
//! | `testing` | no | `testing::conformance`, a suite of what every store has to do; not for production |

#![forbid(unsafe_code)]
// The expansions in the documentation and the tests name the crate as a user does.
#[allow(unused_extern_crates, reason = "only the tests of this crate name it")]
extern crate self as cqrs_core;

// What an application is made of.
mod container;
mod handler;
mod message;
mod result;

// The way of a call, from the bus to the commit, and what is around it.
mod bus;
mod call;
pub mod pipeline;
mod unit;

// What follows from a commit, and what it is kept in.
mod delivery;
pub mod store;
mod subscription;

// What reaches it from outside.
#[cfg(feature = "http")]
pub mod http;
pub mod testing;

// What all of it stands on.
#[doc(hidden)]
pub mod check;
mod clock;
mod expansion;
mod future;
mod hex;
mod tuples;

pub use bus::Bus;
pub use bus::builder::Builder;
pub use bus::buses::{CommandBus, QueryBus};
pub use bus::catalog::{Catalog, HandlerEntry, MessageEntry, ProviderEntry, SubscriptionEntry};
pub use bus::publish::Publish;
pub use bus::start::{StartError, Started};
pub use bus::verify::{Report, WiringProblem, WiringProblemKind};
pub use call::context::Context;
pub use call::deadline::Deadline;
pub use call::dispatch::{Dispatch, Sending};
pub use call::ids::{CorrelationId, MessageId, MessageIdError};
pub use call::principal::Principal;
pub use call::trace_context::{SpanId, TraceContext, TraceContextError, TraceId};
pub use call::{Call, FromCall, FromScope};
pub use clock::Clock;
pub use container::read_only::ReadOnly;
pub use delivery::event_meta::EventMeta;
pub use future::BoxFuture;
pub use handler::Handled;
pub use handler::need::Opening;
pub use message::aggregate::Aggregate;
pub use message::fingerprint::{Fingerprint, NoFingerprint};
pub use message::paging::{OutOfBounds, Page, PageSize};
pub use message::stream::{NamesAggregate, StreamId};
pub use message::succeeds::{CarriesFault, Succeeds};
pub use message::validate::{Invalid, Validate};
pub use message::wire::{WireDispatch, WireResult};
pub use message::{Command, Dispatched, Event, Message, MessageKind, Query, Registered, Wire};
pub use pipeline::behavior::On;
pub use pipeline::element::PipelineElement;
pub use pipeline::in_memory_ledger::InMemoryLedger;
pub use pipeline::ledger::{Ledger, LedgerEntry, LedgerKey};
pub use pipeline::next::Next;
pub use pipeline::outcome::Outcome;
pub use result::dispatch_error::DispatchError;
pub use result::fault::{BoxError, Effect, Fault, FaultKind, Place};
pub use result::operation_result::OperationResult;
pub use result::problem::{FieldError, IntoProblem, Problem, ProblemKind, ProblemMembers};
pub use store::Store;
pub use store::audit::{AuditEntry, AuditOutcome, AuditQuery};
pub use store::changes::{DeadLetter, QueuedCommand};
pub use store::in_memory::InMemoryStore;
pub use store::log::{EventLog, StoredEvent};
pub use store::position::Position;
pub use store::records::Records;
pub use subscription::{Health, OutboxQueue, Subscription, SubscriptionStatus};
pub use unit::events::{Events, Raised};
pub use unit::in_memory::InMemoryUnit;
pub use unit::outbox::{Outbox, Sent};
pub use unit::resource::{AnyUnit, Belongs, Joins, Resource};
pub use unit::{Scope, UnitOfWork};

pub use macros::{Problem, behavior, command, event, handler, provide, query};

mod macros;

/// Links crates in whose handlers and providers nothing else names: write it once in the program.
///
/// Rust leaves out a crate that only Cargo.toml mentions, and with it everything that would register itself.
/// The report of [`Bus::verify`] says when a handler is missing for that reason.
///
/// ```
/// cqrs_core::link!(serde, serde_json);
/// ```
#[macro_export]
macro_rules! link {
    ($($krate:ident),+ $(,)?) => {
        $(use ::$krate as _;)+
    };
}

/// Denies by default in every bus of the program, [`Bus::global`] too: write it once, in the program itself. A command or
/// a query that says neither `authorize` nor `public` is then refused, and [`Bus::verify`] lists it; see
/// [`Builder::deny_by_default`].
///
/// ```standalone_crate
/// use cqrs_core::{Bus, FaultKind, command, handler};
///
/// cqrs_core::deny_by_default!();
///
/// #[command]
/// struct Undecided;
///
/// #[handler]
/// fn undecided(_: Undecided) {}
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let error = Bus::global().execute(Undecided).await.unwrap_err();
/// assert_eq!(error.fault().unwrap().kind(), FaultKind::Wiring);
/// # }
/// ```
#[macro_export]
#[cfg(feature = "inventory")]
macro_rules! deny_by_default {
    () => {
        const _: () = {
            $crate::__private::inventory::submit! { $crate::__private::Entry::DenyByDefault }
        };
    };
}

/// Not public API. Used by generated code.
#[doc(hidden)]
pub mod __private {
    pub use ::core::clone::Clone;
    pub use ::core::convert::From;
    pub use ::core::convert::Infallible;
    pub use ::core::future::Future;
    pub use ::core::marker::{Send, Sync};
    pub use ::core::module_path;
    pub use ::core::option::Option;
    pub use ::core::primitive::{bool, str};
    pub use ::core::result::Result;
    pub use ::core::time::Duration;
    pub use ::std::string::ToString;
    pub use ::std::sync::Arc;

    pub use ::cqrs_macros::MessageFields;

    pub use crate::Call;
    pub use crate::call::ambient::Running;
    pub use crate::call::begin::{Begin, Fresh, Wired};
    pub use crate::call::in_place::{Begun, Waiting};
    pub use crate::check;
    pub use crate::container::provider::{Provider, ProviderInfo, ProvidesPerCall, ProvidesShared};
    pub use crate::container::read_only::ReadOnly;
    pub use crate::handler::need::{Need, Opening};
    pub use crate::handler::registry::Entry;
    pub use crate::handler::{
        Answer, ByRegistry, EventReturned, FanOut, Handled, HandledIn, Handler, HandlerInfo, Here, InCrate, Later,
        Linked, Now, Reply, Static, crate_id,
    };
    #[cfg(feature = "http")]
    pub use crate::http::{Form, FormOf, HttpInfo, KnownFields, Located, Method, Routed, ToForm, located};
    pub use crate::message::stored::{ReadFn, earlier};
    pub use crate::message::stream::NamesAggregate;
    pub use crate::message::succeeds::{CarriesFault, Otherwise, Probe};
    pub use crate::message::wire::WireInfo;
    pub use crate::message::{Command, Dispatched, Event, Message, MessageInfo, Query, Registered, Wire, kind};
    pub use crate::pipeline::Cache;
    pub use crate::pipeline::around::{Around, Checked, Direct, Layered};
    pub use crate::pipeline::behavior::{Behavior, BehaviorInfo, On};
    pub use crate::pipeline::idempotency::{Never, Rejected};
    pub use crate::pipeline::next::Next;
    pub use crate::pipeline::outcome::Outcome;
    pub use crate::pipeline::policy::{PolicyInfo, ask, needs_of};
    pub use crate::pipeline::retry::Retry;
    pub use crate::result::dispatch_error::DispatchError;
    pub use crate::result::fault::{BoxError, Fault, FaultKind};
    pub use crate::result::problem::{IntoProblem, Problem, ProblemKind};
    pub use crate::store::info::StoreInfo;
    pub use crate::unit::Scope;
    pub use crate::unit::resource::{AnyUnit, Provided, Resource};
    pub use crate::{
        __aggregate as aggregate, __begin_here as begin_here, __bus as bus, __cached as cached, __form as form,
        __path as path, __place as place, __route as route, __routed as routed, __sort as sort, __submit as submit,
        __succeeded as succeeded, __this_crate as this_crate,
    };

    /// An event's declaration; what is none is an error at its name.
    #[must_use]
    pub const fn event<E: Event>() -> fn() -> &'static MessageInfo {
        E::info
    }

    /// A tuple between two places in the user's code.
    pub type Tuple<T> = T;

    /// What [`Begin::wire`] returns.
    pub type Wiring<'a> = ::std::pin::Pin<Box<dyn Future<Output = Result<(), Fault>> + Send + 'a>>;

    #[cfg(feature = "inventory")]
    pub use ::inventory;

    /// The body of a stub beside an error, which nobody compiles far enough to call.
    #[must_use]
    pub fn never<T>() -> T {
        unreachable!("a stub of an item with errors was compiled")
    }
}
