// provide_read_only.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::provide;

pub struct ReadPool;

pub struct OrderViews;

pub async fn order_views(_pool: &ReadPool) -> OrderViews {
    OrderViews
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    struct __Provider;
    #[automatically_derived]
    impl _cqrs::Provider for __Provider {
        type Provides = OrderViews;
        type Shared = (_cqrs::Arc<ReadPool>,);
        type Parts = ();
    }
    #[automatically_derived]
    impl _cqrs::ProvidesShared for __Provider {
        async fn provide(
            __shared: Self::Shared,
        ) -> _cqrs::Result<_cqrs::Arc<Self::Provides>, _cqrs::BoxError> {
            let (_pool,) = &__shared;
            _cqrs::Result::Ok(_cqrs::Arc::new(order_views(&**_pool).await))
        }
    }
    #[automatically_derived]
    impl _cqrs::ReadOnly for OrderViews {}
    const _: fn() = || {
        _cqrs::check::dependency::<ReadPool>().may_be_taken();
    };
    const _: () = {
        fn info() -> &'static _cqrs::ProviderInfo {
            static INFO: _cqrs::ProviderInfo = _cqrs::ProviderInfo::shared::<
                __Provider,
            >(_cqrs::place!("order_views"));
            &INFO
        }
        _cqrs::submit! {
            Provider(info)
        }
    };
};
