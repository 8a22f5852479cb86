// behavior_all.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::{Call, Next, Outcome, behavior};

/// Says what is done.
pub async fn log(call: &Call<'_>, next: Next<'_>) -> Outcome {
    println!("{}", call.name());
    next.run().await
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    struct __Behavior;
    #[automatically_derived]
    impl _cqrs::Behavior for __Behavior {
        type Shared = ();
        type Given = ();
        fn around<'x>(
            (): &'x Self::Shared,
            (): Self::Given,
            call: &'x _cqrs::Call<'x>,
            next: _cqrs::Next<'x>,
        ) -> impl _cqrs::Future<Output = _cqrs::Outcome> + _cqrs::Send + 'x {
            log(call, next)
        }
    }
    const _: () = {
        fn info() -> &'static _cqrs::BehaviorInfo {
            static INFO: _cqrs::BehaviorInfo = _cqrs::BehaviorInfo::of::<
                __Behavior,
            >(
                _cqrs::place!("log"),
                -10,
                &[_cqrs::On::Commands, _cqrs::On::Queries, _cqrs::On::Events],
            );
            &INFO
        }
        _cqrs::submit! {
            Behavior(info)
        }
    };
};
