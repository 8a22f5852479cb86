//! `authorize`: who may send a message. Asked first, and again for every answer from a cache or a ledger.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use crate::call::principal::Principal;
use crate::container::Container;
use crate::future::CatchPanic;
use crate::handler::HandlerInfo;
use crate::handler::need::Need;
use crate::pipeline::policy::PolicyInfo;
use crate::result::fault::{BoxError, Fault, with_sources};

/// Who may send a message.
pub(crate) enum Access {
    /// The message does not say: anybody, unless the bus denies by default.
    Undeclared,
    /// Anybody, on purpose: `public`.
    Public,
    /// Whoever has this scope: `authorize = "orders:write"`.
    Scope(&'static str),
    /// Whoever a function lets: `authorize = may_place`.
    Policy(PolicyInfo),
}

/// Why somebody may not.
pub enum Refusal {
    /// It is not allowed; the reason is for the log alone.
    Denied(BoxError),
    /// Nobody could tell.
    Fault(Fault),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Refusal::Fault(fault)
    }
}

impl Access {
    pub(crate) fn needs(&self) -> &'static [Need] {
        match self {
            Access::Policy(policy) => policy.needs,
            Access::Undeclared | Access::Public | Access::Scope(_) => &[],
        }
    }

    /// Whether a caller may be let in, whatever the message says: nothing is told of it.
    #[cfg(feature = "http")]
    pub(crate) fn admits_early(&self, who: Option<&Principal>) -> bool {
        match (self, who) {
            (Access::Undeclared | Access::Public, _) => true,
            (Access::Policy(_), who) => who.is_some(),
            (Access::Scope(scope), who) => who.is_some_and(|who| who.is_system() || who.has_scope(scope)),
        }
    }

    /// What can be told of a caller whatever the message says.
    #[cfg(feature = "http")]
    pub(crate) fn check_early(&self, who: Option<&Principal>, handler: &HandlerInfo) -> Result<(), Fault> {
        match (self, who) {
            (Access::Policy(_), None) => Err(unauthenticated(handler)),
            _ => self.check(who, handler),
        }
    }

    /// What can be told without asking anybody; a policy is not asked here.
    pub(crate) fn check(&self, who: Option<&Principal>, handler: &HandlerInfo) -> Result<(), Fault> {
        let Access::Scope(scope) = self else { return Ok(()) };
        match who {
            Some(who) if who.is_system() || who.has_scope(scope) => Ok(()),
            Some(who) => Err(forbidden(who, format!("the scope `{scope}` is missing").into(), handler)),
            None => Err(unauthenticated(handler)),
        }
    }

    /// All of it. The application itself may do everything: who called it was asked for already.
    pub(crate) async fn ask(
        &self,
        who: Option<&Principal>,
        message: &(dyn Any + Send + Sync),
        container: &Container,
        handler: &HandlerInfo,
    ) -> Result<(), Fault> {
        let Access::Policy(policy) = self else { return self.check(who, handler) };
        let Some(who) = who else { return Err(unauthenticated(handler)) };
        if who.is_system() {
            return Ok(());
        }
        match CatchPanic(AssertUnwindSafe(policy.ask(who, message, container))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Refusal::Denied(reason))) => Err(forbidden(who, reason, handler)),
            Ok(Err(Refusal::Fault(fault))) => Err(fault.at(handler.site())),
            Err(payload) => Err(Fault::panic("the policy", &*payload).at(handler.site())),
        }
    }
}

#[cold]
fn unauthenticated(handler: &HandlerInfo) -> Fault {
    Fault::unauthenticated("this takes a caller who says who they are").at(handler.site())
}

/// The reason is the fault's source, for whoever runs the application; a client is told the fault and no more.
#[cold]
fn forbidden(who: &Principal, reason: BoxError, handler: &HandlerInfo) -> Fault {
    let name = (handler.message)().name;
    let words = with_sources(&*reason);
    tracing::warn!(message_name = name, principal = who.id(), reason = %words, "`{name}` is refused to a caller");
    Fault::forbidden("this caller may not do this").caused_by(reason).at(handler.site())
}
