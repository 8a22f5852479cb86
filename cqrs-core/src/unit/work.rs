//! The work of one unit: open the resources, run the handler, stage, commit once.
//!
//! Until the commit begins, whatever fails leaves nothing; from then on the call waits for the commit's own answer.

use crate::handler::{Handler, Reply};
use crate::message::{Dispatched, Message};
use crate::result::dispatch_error::DispatchError;
use crate::store::audit::AuditOutcome;
use crate::unit::Scope;
use crate::unit::resource::Resources;

/// Calls a handler with its resources open, and stages what they recorded if it succeeds. Written out where it stands: a
/// future inside of a future is moved once more, with all it has taken.
macro_rules! handled {
    ($message:ty, $handler:ty, $shared:ident, $scope:ident, $given:ident, $sent:ident) => {{
        let site = <$handler>::info().site();
        if let Some(stream) = <$message>::info().stream {
            $scope.stream = Some(stream(&$sent)?);
        }
        let mut opened = <$handler>::Opened::open($scope, &$sent).await.map_err(|fault| fault.at(site))?;
        let returned = <$handler>::call($shared, $given, &mut opened, $sent).returned().await;
        let outcome = <$message>::sort(returned).map_err(|error| error.at(site));
        if outcome.as_ref().is_ok_and(<$message>::is_success) {
            opened.stage($scope).await.map_err(|fault| fault.at(site))?;
        }
        outcome
    }};
}

/// One call's unit of work, from the first resource to the commit.
pub(crate) async fn unit<C: Message, H: Handler<C>>(
    shared: &H::Shared,
    scope: &mut Scope,
    given: H::Given,
    message: C,
) -> Dispatched<C> {
    let site = H::info().site();
    let outcome: Dispatched<C> = handled!(C, H, shared, scope, given, message);
    let entry = scope.entry(&outcome).map_err(|fault| fault.at(site))?;
    match &outcome {
        Ok(output) if C::is_success(output) => scope.audit(AuditOutcome::Succeeded),
        Err(DispatchError::Fault(fault)) => {
            Box::pin(scope.await_the_first(fault)).await;
            return outcome;
        }
        Ok(_) | Err(DispatchError::Rejected(_)) => {
            if entry.is_none() && !scope.keeps_rejections() {
                return outcome;
            }
            // A rejection leaves its record and its row in the audit trail, and nothing else.
            scope.roll_back();
            scope.audit(AuditOutcome::Rejected);
        }
    }
    if let Some(entry) = entry {
        entry.stage(scope).await.map_err(|fault| fault.at(site))?;
    }
    scope.commit().await.map_err(|fault| fault.at(site))?;
    outcome
}

/// Calls the handler with its resources open, and stages what they recorded if it succeeds.
pub(crate) async fn handle<C: Message, H: Handler<C>>(
    shared: &H::Shared,
    scope: &mut Scope,
    given: H::Given,
    message: C,
) -> Dispatched<C> {
    handled!(C, H, shared, scope, given, message)
}
