// behavior_some.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::{Call, Next, Outcome, Principal, behavior, command};

pub struct AuditLog;

#[command]
pub struct Ship;

/// Writes down who did what.
pub async fn audit(
    call: &Call<'_>,
    next: Next<'_>,
    who: Option<Principal>,
    log: &AuditLog,
) -> Outcome {
    drop((call.name(), who, log));
    next.run().await
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    struct __Behavior;
    #[automatically_derived]
    impl _cqrs::Behavior for __Behavior {
        type Shared = (_cqrs::Arc<AuditLog>,);
        type Given = (Option<Principal>,);
        fn around<'x>(
            (log,): &'x Self::Shared,
            (who,): Self::Given,
            call: &'x _cqrs::Call<'x>,
            next: _cqrs::Next<'x>,
        ) -> impl _cqrs::Future<Output = _cqrs::Outcome> + _cqrs::Send + 'x {
            audit(call, next, who, &**log)
        }
    }
    const _: () = {
        fn info() -> &'static _cqrs::BehaviorInfo {
            static INFO: _cqrs::BehaviorInfo = _cqrs::BehaviorInfo::of::<
                __Behavior,
            >(
                _cqrs::place!("audit"),
                10,
                &[_cqrs::On::Events, _cqrs::On::message::<Ship>()],
            );
            &INFO
        }
        _cqrs::submit! {
            Behavior(info)
        }
    };
};
