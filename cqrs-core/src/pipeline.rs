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
//! A message that declares nothing is called directly. One that declares checks alone (a scope, `validate`, `timeout`) is
//! checked in place and then called directly; any other goes through the whole table.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::fault::{Fault, Place};
use crate::message::MessageInfo;
use crate::need::Need;
use crate::validate::Validate;

pub(crate) mod access;
pub(crate) mod around;
pub(crate) mod behavior;
#[cfg(feature = "cache")]
pub(crate) mod cache;
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

use access::Access;
#[cfg(feature = "cache")]
#[doc(hidden)]
pub use cache::Cache;
use idempotency::{Idempotent, Kept, Rejections};
use ledger::Ledger;
use policy::PolicyInfo;
use retry::{CopyFn, Retry};

/// Without the feature `cache` there is none.
#[doc(hidden)]
#[cfg(not(feature = "cache"))]
pub type Cache = std::convert::Infallible;

/// What a message declares around its handler; read by [`run`] and [`around`], in their order.
#[derive(Default)]
pub(crate) struct Pipeline {
    access: Option<Declared<Access>>,
    cache: Option<Declared<Cache>>,
    idempotent: Option<Declared<Idempotent>>,
    validate: Option<Declared<ValidateFn>>,
    timeout: Option<Declared<Duration>>,
    retry: Option<Declared<Retry>>,
}

/// One element, and where it stands.
struct Declared<T> {
    what: T,
    place: Place,
}

type ValidateFn = fn(&(dyn Any + Send + Sync)) -> Result<(), Fault>;

impl Pipeline {
    pub(crate) const fn new() -> Self {
        Pipeline { access: None, cache: None, idempotent: None, validate: None, timeout: None, retry: None }
    }

    pub(crate) fn access(&self) -> &Access {
        self.access.as_ref().map_or(&Access::Undeclared, |access| &access.what)
    }

    pub(crate) fn cache(&self) -> Option<&Cache> {
        Some(&self.cache.as_ref()?.what)
    }

    pub(crate) fn idempotent(&self) -> Option<&Idempotent> {
        Some(&self.idempotent.as_ref()?.what)
    }

    pub(crate) fn timeout(&self) -> Option<Duration> {
        Some(self.timeout.as_ref()?.what)
    }

    pub(crate) fn retry(&self) -> Option<&Retry> {
        Some(&self.retry.as_ref()?.what)
    }

    /// Whether the message is as its `validate` wants it; a panic in there is a fault like any other.
    pub(crate) fn validated(&self, message: &(dyn Any + Send + Sync)) -> Result<(), Fault> {
        let Some(validate) = &self.validate else { return Ok(()) };
        match catch_unwind(AssertUnwindSafe(|| (validate.what)(message))) {
            Ok(validated) => validated,
            Err(payload) => Err(Fault::panic("the validation", &*payload)),
        }
    }

    /// How another message of the same content is made, where something needs one.
    pub(crate) fn copy(&self) -> Option<CopyFn> {
        #[cfg(feature = "cache")]
        if let Some(cache) = self.cache() {
            return Some(cache.copy);
        }
        Some(self.retry()?.copy)
    }

    /// What its elements ask the container for.
    pub(crate) fn needs(&self) -> impl Iterator<Item = &'static [Need]> {
        let ledger: &[Need] = match &self.idempotent {
            Some(_) => const { &[Need::of::<dyn Ledger>()] },
            None => &[],
        };
        [self.access().needs(), ledger].into_iter()
    }
}

/// What the options of `#[command]` and `#[query]` declare, in any order.
impl MessageInfo {
    /// `public`.
    #[must_use]
    pub const fn public(mut self, place: Place) -> Self {
        self.pipeline.access = Some(Declared { what: Access::Public, place });
        self
    }

    /// `authorize = "orders:write"`.
    #[must_use]
    pub const fn scope(mut self, scope: &'static str, place: Place) -> Self {
        self.pipeline.access = Some(Declared { what: Access::Scope(scope), place });
        self
    }

    /// `authorize = path::to::policy`.
    #[must_use]
    pub const fn policy(mut self, policy: PolicyInfo, place: Place) -> Self {
        self.pipeline.access = Some(Declared { what: Access::Policy(policy), place });
        self
    }

    /// `cache(ttl = "30s", ..)`.
    #[must_use]
    pub const fn cache(mut self, cache: Cache, place: Place) -> Self {
        self.pipeline.cache = Some(Declared { what: cache, place });
        self
    }

    /// `idempotent`.
    #[must_use]
    pub const fn idempotent<C, E>(mut self, place: Place) -> Self
    where
        C: crate::Message<Output: Kept> + Kept,
        E: Rejections<C::Error>,
    {
        self.pipeline.idempotent = Some(Declared { what: Idempotent::of::<C, E>(), place });
        self.to_json = Some(idempotency::to_json::<C>);
        self
    }

    /// `validate`.
    #[must_use]
    pub const fn validate<C: Validate + 'static>(mut self, place: Place) -> Self {
        self.pipeline.validate = Some(Declared { what: validate::<C>, place });
        self
    }

    /// `timeout = "5s"`.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration, place: Place) -> Self {
        self.pipeline.timeout = Some(Declared { what: timeout, place });
        self
    }

    /// `retry(3, ..)`.
    #[must_use]
    pub const fn retry(mut self, retry: Retry, place: Place) -> Self {
        self.pipeline.retry = Some(Declared { what: retry, place });
        self
    }
}

fn validate<C: Validate + 'static>(message: &(dyn Any + Send + Sync)) -> Result<(), Fault> {
    match message.downcast_ref::<C>() {
        Some(message) => message.validate().map_err(Fault::from),
        None => Err(Fault::internal("a message is validated as another one")),
    }
}
