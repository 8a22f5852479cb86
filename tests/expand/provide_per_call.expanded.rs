// provide_per_call.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::{Principal, provide};

pub struct Settings;

pub struct Basket {
    pub owner: Principal,
}

pub fn basket(_settings: &Settings, owner: Principal) -> Result<Basket, std::io::Error> {
    Ok(Basket { owner })
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    struct __Provider;
    #[automatically_derived]
    impl _cqrs::Provider for __Provider {
        type Provides = Basket;
        type Shared = (_cqrs::Arc<Settings>,);
        type Parts = (Principal,);
    }
    #[automatically_derived]
    impl _cqrs::ProvidesPerCall for __Provider {
        async fn provide(
            __shared: Self::Shared,
            (owner,): Self::Parts,
        ) -> _cqrs::Result<Self::Provides, _cqrs::BoxError> {
            let (_settings,) = &__shared;
            _cqrs::Result::Ok(basket(&**_settings, owner)?)
        }
    }
    #[automatically_derived]
    impl<__Message: _cqrs::Message> _cqrs::Resource<__Message> for Basket {
        type Unit = _cqrs::AnyUnit;
        const OPENING: _cqrs::Opening = _cqrs::Opening::Provided(
            _cqrs::Need::of::<Basket>(),
        );
        async fn open(
            __scope: &mut _cqrs::Scope,
            _: &__Message,
        ) -> _cqrs::Result<Self, _cqrs::Fault> {
            __scope.provided::<Basket>().await
        }
        async fn stage(self, _: &mut _cqrs::Scope) -> _cqrs::Result<(), _cqrs::Fault> {
            _cqrs::Result::Ok(())
        }
    }
    const _: fn() = || {
        _cqrs::check::dependency::<Settings>().may_be_taken();
    };
    const _: () = {
        fn info() -> &'static _cqrs::ProviderInfo {
            static INFO: _cqrs::ProviderInfo = _cqrs::ProviderInfo::per_call::<
                __Provider,
            >(_cqrs::place!("basket"));
            &INFO
        }
        _cqrs::submit! {
            Provider(info)
        }
    };
};
