// provide_per_call_dyn.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::{Context, provide};

pub trait Orders: Send {}

pub struct InMemory {
    pub context: Context,
}

impl Orders for InMemory {}

pub fn orders(context: Context) -> Box<dyn Orders> {
    Box::new(InMemory { context })
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    struct __Provider;
    #[automatically_derived]
    impl _cqrs::Provider for __Provider {
        type Provides = Box<dyn Orders>;
        type Shared = ();
        type Parts = (Context,);
    }
    #[automatically_derived]
    impl _cqrs::ProvidesPerCall for __Provider {
        async fn provide(
            __shared: Self::Shared,
            (context,): Self::Parts,
        ) -> _cqrs::Result<Self::Provides, _cqrs::BoxError> {
            let () = &__shared;
            _cqrs::Result::Ok(orders(context))
        }
    }
    const _: () = {
        fn info() -> &'static _cqrs::ProviderInfo {
            static INFO: _cqrs::ProviderInfo = _cqrs::ProviderInfo::per_call::<
                __Provider,
            >(_cqrs::place!("orders"));
            &INFO
        }
        _cqrs::submit! {
            Provider(info)
        }
    };
};
