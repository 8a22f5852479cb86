//! What a message declares around its handler, as it is kept: where each element stands, and what it says.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::handler::need::Need;
use crate::message::MessageInfo;
use crate::message::validate::Validate;
use crate::pipeline::Cache;
use crate::pipeline::access::Access;
use crate::pipeline::idempotency::{Idempotent, Kept, Rejections, to_json};
use crate::pipeline::ledger::Ledger;
use crate::pipeline::policy::PolicyInfo;
use crate::pipeline::retry::{CopyFn, Retry};
use crate::result::fault::{Fault, Place};

/// What a message declares around its handler; read by [`run`](super::run) and [`around`](super::around), in their order.
pub(crate) struct Pipeline {
    pub(super) access: Option<Declared<Access>>,
    pub(super) cache: Option<Declared<Cache>>,
    pub(super) idempotent: Option<Declared<Idempotent>>,
    pub(super) validate: Option<Declared<ValidateFn>>,
    pub(super) timeout: Option<Declared<Duration>>,
    pub(super) retry: Option<Declared<Retry>>,
}

/// One element, and where it stands.
pub(super) struct Declared<T> {
    pub(super) what: T,
    pub(super) place: Place,
}

pub(super) type ValidateFn = fn(&(dyn Any + Send + Sync)) -> Result<(), Fault>;

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

    #[cfg(feature = "http")]
    pub(crate) fn is_validated(&self) -> bool {
        self.validate.is_some()
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
        self.to_json = Some(to_json::<C>);
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
