// provide_shared.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::provide;

pub struct Clock;

pub fn clock() -> Clock {
    Clock
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    struct __Provider;
    #[automatically_derived]
    impl _cqrs::Provider for __Provider {
        type Provides = Clock;
        type Shared = ();
        type Parts = ();
    }
    #[automatically_derived]
    impl _cqrs::ProvidesShared for __Provider {
        async fn provide(
            __shared: Self::Shared,
        ) -> _cqrs::Result<_cqrs::Arc<Self::Provides>, _cqrs::BoxError> {
            let () = &__shared;
            _cqrs::Result::Ok(_cqrs::Arc::new(clock()))
        }
    }
    const _: () = {
        fn info() -> &'static _cqrs::ProviderInfo {
            static INFO: _cqrs::ProviderInfo = _cqrs::ProviderInfo::shared::<
                __Provider,
            >(_cqrs::place!("clock"));
            &INFO
        }
        _cqrs::submit! {
            Provider(info)
        }
    };
};
