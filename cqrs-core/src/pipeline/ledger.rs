//! [`Ledger`]: where the outcomes of `idempotent` commands are kept.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::call::context::Context;
use crate::call::ids::MessageId;
use crate::call::principal::Principal;
use crate::future::BoxFuture;
use crate::message::fingerprint::Fingerprint;
use crate::result::fault::Fault;
use crate::unit::Scope;

/// Where the outcomes of `idempotent` commands are kept, by the callers' keys.
///
/// A bus takes it as the shared dependency `dyn Ledger`: `#[provide] fn ledger() -> Arc<dyn Ledger>`, or
/// [`provide_dyn`](crate::Builder::provide_dyn). An outcome is recorded in the commit of its call's unit of work, so a
/// ledger belongs to one store: [`InMemoryLedger`](crate::InMemoryLedger) to [`InMemoryUnit`](crate::InMemoryUnit).
pub trait Ledger: Send + Sync + 'static {
    /// What is recorded under a key, if anything.
    ///
    /// # Errors
    /// A fault, where it cannot be read. The command does not run.
    fn find<'a>(&'a self, key: &'a LedgerKey) -> BoxFuture<'a, Result<Option<LedgerEntry>, Fault>>;

    /// Stages a record in the call's [unit of work](Scope::unit): it is there if and only if that commits.
    ///
    /// Where the key has a record by the time of the commit, that fails with a fault of kind
    /// [`Conflict`](crate::FaultKind::Conflict), and nothing is committed.
    ///
    /// # Errors
    /// A fault; nothing is committed.
    fn stage<'a>(&'a self, scope: &'a mut Scope, entry: LedgerEntry) -> BoxFuture<'a, Result<(), Fault>>;
}

/// Whose key, for which message: the same key of another tenant, another principal or for another message is another.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LedgerKey {
    /// The call's tenant.
    pub tenant: Option<Arc<str>>,
    /// The caller's name.
    pub principal: Option<Arc<str>>,
    /// Whether the caller is the application itself.
    pub is_system: bool,
    /// The message's name.
    pub message: Arc<str>,
    /// What the caller chose.
    pub key: Arc<str>,
}

impl LedgerKey {
    /// The key of a call, if its caller gave one.
    pub(crate) fn of(context: &Context, message: &'static str) -> Option<Self> {
        Some(LedgerKey {
            tenant: context.tenant().map(Arc::from),
            principal: context.principal().map(|who| Arc::from(who.id())),
            is_system: context.principal().is_some_and(Principal::is_system),
            message: message.into(),
            key: context.idempotency_key()?.into(),
        })
    }
}

/// What follows from events.
impl LedgerKey {
    /// The subscription and the event that the command followed from, where the bus has derived its key from them: as long
    /// as the event can be delivered to it again, the outcome is kept.
    #[must_use]
    pub fn follows_from(&self) -> Option<(&str, MessageId)> {
        let subscription = self.principal.as_deref().filter(|_| self.is_system)?;
        let event = self.key.strip_prefix(subscription)?.strip_prefix('/')?.split('/').next()?;
        Some((subscription, Uuid::try_parse(event).ok()?.into()))
    }
}

/// One outcome, under its key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Whose key, for which message.
    pub key: LedgerKey,
    /// What was asked for.
    pub fingerprint: Fingerprint,
    /// What came of it, as JSON: `{"Ok":output}` or `{"Err":error}`.
    pub outcome: Arc<str>,
}

/// Without the outcome, which is the caller's.
impl fmt::Debug for LedgerEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerEntry").field("key", &self.key).finish_non_exhaustive()
    }
}
