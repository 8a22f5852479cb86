// provide_async_dyn.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use std::sync::Arc;

use cqrs_core::provide;

pub struct Settings;

pub trait Mailer: Send + Sync {}

pub struct Smtp;

impl Mailer for Smtp {}

pub async fn mailer(_settings: &Settings) -> Result<Arc<dyn Mailer>, std::io::Error> {
    Ok(Arc::new(Smtp))
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    struct __Provider;
    #[automatically_derived]
    impl _cqrs::Provider for __Provider {
        type Provides = dyn Mailer;
        type Shared = (_cqrs::Arc<Settings>,);
        type Parts = ();
    }
    #[automatically_derived]
    impl _cqrs::ProvidesShared for __Provider {
        async fn provide(
            __shared: Self::Shared,
        ) -> _cqrs::Result<_cqrs::Arc<Self::Provides>, _cqrs::BoxError> {
            let (_settings,) = &__shared;
            _cqrs::Result::Ok(mailer(&**_settings).await?)
        }
    }
    const _: fn() = || {
        _cqrs::check::dependency::<Settings>().may_be_taken();
    };
    const _: () = {
        fn info() -> &'static _cqrs::ProviderInfo {
            static INFO: _cqrs::ProviderInfo = _cqrs::ProviderInfo::shared::<
                __Provider,
            >(_cqrs::place!("mailer"));
            &INFO
        }
        _cqrs::submit! {
            Provider(info)
        }
    };
};
