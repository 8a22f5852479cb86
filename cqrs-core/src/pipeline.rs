//! What is around a handler, and in which order.
//!
//! A message declares what goes around its handler; a [behavior](macro@crate::behavior) says what it goes around. The
//! order is the same for every message, and [`Bus::catalog`](crate::Bus::catalog) prints it for each.
//!
//! | | element | declared as | why here |
//! | --- | --- | --- | --- |
//! | 1 | trace and metrics | nothing: there when somebody listens | sees every call, also one that is refused |
//! | 2 | authorize | `authorize = "orders:write"`, `authorize = may_place`, `public` | before anything is done or told: a kept answer is not for everybody |
//! | 3 | cache | query: `cache(ttl = "30s", ..)` | spares all that follows |
//! | 4 | idempotency | command: `idempotent` | what was done is answered again, whatever the rules are by now |
//! | 5 | validate | command: `validate` | once, and not at each try |
//! | 6 | timeout | `timeout = "5s"` | the time of all tries together |
//! | 7 | retry | `retry(3, on = conflict)` | the whole unit of work again, behaviors too |
//! | 8 | behaviors | `#[behavior(order = 10, on(..))]` on a function | by their order, the lowest outermost |
//! | 9 | unit of work | the handler's `&mut` parameters | the handler, the idempotency record, one commit |
//!
//! A message that declares nothing is called directly. One that declares checks alone (a scope, `validate`, `timeout`)
//! is checked in place and then called directly; any other goes through the whole table.
//!
//! # Which one for what
//!
//! ## authorize
//!
//! `authorize = "orders:write"` asks the caller's [`Principal`](crate::Principal) for a scope. `authorize = may_place`
//! asks a function: `fn may_place(who: &Principal, cmd: &PlaceOrder) -> bool`, also `async`, with up to four shared
//! dependencies as further `&T` (a trait object as `&(dyn Owners + 'static)`), and nothing else. It returns `bool`,
//! `Result<(), E>` with the reason, a text or an error, or `Result<bool, Fault>` where it may be unable to tell. What
//! takes two scopes is a policy that asks for both: `who.has_scope("orders:write") && who.has_scope("orders:eu")`.
//!
//! A caller who does not say who they are gets a fault of kind [`Unauthenticated`](crate::FaultKind::Unauthenticated),
//! one who may not one of kind [`Forbidden`](crate::FaultKind::Forbidden). The reason goes to the log and is the
//! fault's source; a client is not told. The application itself, [`Principal::system`](crate::Principal::system), may
//! do everything: what an outbox sends is not refused for want of a scope. `public` says that everybody may, which
//! [`deny_by_default!`](crate::deny_by_default) asks for in the whole program, and
//! [`Builder::deny_by_default`](crate::Builder::deny_by_default) in one bus. A nested call is asked for too, for the
//! same caller.
//!
//! ## cache
//!
//! `cache(ttl = "30s", capacity = 10_000, shared, invalidated_by(OrderPlaced, ..))` keeps the answers of a query that
//! is `Clone`, `Eq` and `Hash` in memory, on the crate `moka` (feature `cache`). The key is the query itself, for each
//! tenant and each principal with its scopes, or with `shared` for everybody. What else an answer depends on, such as
//! the context's metadata, belongs into the query.
//!
//! Of many who ask at once, one loads and the others wait, each no longer than it has time: a declared `timeout`
//! counts from here. A fault is told to all of them and not kept, unless it says what that one caller may not do or
//! that its time was up; a rejection is told to the one who got it, and the others load for themselves. A caller who
//! goes away leaves the load to the next. A query whose load asks for itself is a fault of kind
//! [`Wiring`](crate::FaultKind::Wiring), and no wait for ever.
//!
//! An event that is named by `invalidated_by` raises the query's *floor* when its call commits, before that call
//! returns, and again after each of its handlers has run, for read models that follow it. What was loaded below the
//! floor is neither kept nor served: the query loads again, three times at most; then it answers what its own load
//! found, as if there were no cache. In memory the floor is a count; where a store keeps the read model, its position
//! takes that place.
//!
//! ## idempotent
//!
//! A call with an [idempotency key](crate::Dispatch::idempotency_key) is carried out once: its outcome, a rejection
//! too, is recorded in the commit of its own unit of work by the bus's [`Ledger`](crate::Ledger), and answered again
//! for the same key of the same tenant, principal and message. A bus without a ledger carries out none of its
//! idempotent commands, with a key or without. Calls with one key wait for each other, or are refused with
//! [`refuse_if_running`](crate::Dispatch::refuse_if_running). Another payload under the key is a fault of kind
//! [`KeyReused`](crate::FaultKind::KeyReused): payloads are compared as JSON, in which the order of members means
//! nothing and absent is the same as null. A fault is no outcome: the key is free again, and an error's `#[fault]`
//! variant, which serde's derives would ask to be kept, says `#[serde(skip)]`. An outcome that cannot be read any more
//! is a fault, and never a second run. An empty key is refused as malformed. Without a key it is a call like any
//! other.
//!
//! Such a call has a unit of work, be it that of the record alone: it runs in a task of its own, and no command is
//! executed from inside of it.
//!
//! ## validate
//!
//! [`Validate`](crate::Validate) tells everything that is wrong with a command at once, each with the path of its
//! field; the fault of kind [`Invalid`](crate::FaultKind::Invalid) carries them, and so does its problem. The feature
//! `garde` implements it for what derives `garde::Validate` of garde 0.23. Queries take types that parse.
//!
//! ## timeout
//!
//! The time that is left is the call's [`Deadline`](crate::Deadline), which its handler can read and nested calls
//! inherit; the caller's own [`timeout`](crate::Dispatch::timeout) counts from the call's beginning, and the sooner of
//! the two ends it. What was rolled back is a fault of kind [`Timeout`](crate::FaultKind::Timeout). A commit that has
//! begun is waited for, and ends in [`OutcomeUnknown`](crate::FaultKind::OutcomeUnknown) only after
//! [`commit_grace`](crate::Builder::commit_grace). A handler that is a `fn` cannot be interrupted, so that its message
//! has no `timeout`.
//!
//! ## retry
//!
//! `retry(3, on = conflict | unavailable, backoff = "50ms")` tries up to three times more after a fault of one of
//! these kinds (both, unless said otherwise), such as a store's [`Fault::conflict`](crate::Fault::conflict), with
//! pauses that double and up to as much again at random (50 ms at first, unless said otherwise). Each try has a unit
//! of work, and a copy of the message, of its own. Only where the fault says that nothing happened, or under an
//! idempotency key, and never past the deadline. A rejection is an answer and not tried again, also one that is told
//! with status 409.
//!
//! ## behaviors
//!
//! See [`#[behavior]`](macro@crate::behavior). One sees what comes to the handler, at each try: not a call that is
//! refused, nor one that breaks its own rules, nor a kept answer, nor the outcome of a key. Those are in the spans.
//! One that answers instead of the handler is recorded by nobody: the idempotency record is of the handler's outcome.
//! One that fails when the handler's outcome has been committed leaves the call's effect unknown, so that it is not
//! tried again without a key.
//!
//! ## trace and metrics
//!
//! Each call is a span `call` of level `INFO` with its message, kind, message id, correlation id, causation id,
//! handler, outcome (`ok`, `rejected`, a fault's kind, or `dropped`) and fault. The feature `metrics` counts them in
//! `cqrs_calls_total` and measures `cqrs_call_duration_seconds`, by message, kind, handler and outcome. Where no
//! subscriber wants the span and the feature is off, a call pays for one load and one comparison.

pub(crate) mod access;
pub(crate) mod around;
pub(crate) mod behavior;
#[cfg(feature = "cache")]
pub(crate) mod cache;
pub(crate) mod declared;
pub(crate) mod element;
pub(crate) mod flights;
pub(crate) mod floor;
pub(crate) mod idempotency;
pub(crate) mod in_memory_ledger;
pub(crate) mod ledger;
pub(crate) mod next;
pub(crate) mod outcome;
pub(crate) mod policy;
pub(crate) mod retry;
pub(crate) mod run;

#[cfg(feature = "cache")]
#[doc(hidden)]
pub use cache::Cache;

/// Without the feature `cache` there is none.
#[doc(hidden)]
#[cfg(not(feature = "cache"))]
pub type Cache = std::convert::Infallible;
