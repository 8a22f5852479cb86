// handler_subscribed.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::{event, handler};

#[event]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct OrderPlaced {
    pub number: u64,
}

pub struct Stock;

impl Stock {
    fn placed(&self, event: OrderPlaced) {
        assert!(event.number > 0);
    }
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    struct __Handler;
    #[automatically_derived]
    impl _cqrs::Handler<OrderPlaced> for __Handler {
        type Shared = (_cqrs::Arc<Stock>,);
        type Given = ();
        type Opened = ();
        fn info() -> &'static _cqrs::HandlerInfo {
            static INFO: _cqrs::HandlerInfo = _cqrs::HandlerInfo::of::<
                OrderPlaced,
                __Handler,
            >(_cqrs::place!("Stock::placed"))
                .method_of(_cqrs::path!("Stock"))
                .inline();
            &INFO
        }
        fn call<'x>(
            (__self,): &'x Self::Shared,
            (): Self::Given,
            (): &'x mut Self::Opened,
            event: OrderPlaced,
        ) -> impl _cqrs::Reply<'x, OrderPlaced> {
            _cqrs::Now(move || <Stock>::placed(&**__self, event))
        }
    }
    pub struct __Here;
    _cqrs::begin_here! {
        __Here, __Handler
    }
    #[automatically_derived]
    impl _cqrs::Handled<OrderPlaced, _cqrs::this_crate!()>
    for <OrderPlaced as _cqrs::HandledIn<__Here>>::Slot {
        type By = __Here;
    }
    const _: fn() = || {
        _cqrs::check::a_handler_is_in_the_crate_of_its_message::<
            {
                _cqrs::check::in_one_crate(
                    <OrderPlaced as _cqrs::Message>::HOME,
                    _cqrs::module_path!(),
                )
            },
        >();
        _cqrs::check::a_timeout_interrupts_an_async_fn::<
            { <OrderPlaced as _cqrs::Message>::TIMED },
        >();
        _cqrs::check::only_a_handler_of_an_event_has_a_subscription::<OrderPlaced>();
        _cqrs::check::reference::<OrderPlaced, Stock>().may_be_taken();
    };
    _cqrs::submit! {
        Handler(<__Handler as _cqrs::Handler<OrderPlaced>>::info)
    }
};

pub async fn mail(event: OrderPlaced) {
    assert!(event.number > 0);
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    struct __Handler;
    #[automatically_derived]
    impl _cqrs::Handler<OrderPlaced> for __Handler {
        type Shared = ();
        type Given = ();
        type Opened = ();
        fn info() -> &'static _cqrs::HandlerInfo {
            static INFO: _cqrs::HandlerInfo = _cqrs::HandlerInfo::of::<
                OrderPlaced,
                __Handler,
            >(_cqrs::place!("mail"))
                .named("order-mail")
                .from_start();
            &INFO
        }
        fn call<'x>(
            (): &'x Self::Shared,
            (): Self::Given,
            (): &'x mut Self::Opened,
            event: OrderPlaced,
        ) -> impl _cqrs::Reply<'x, OrderPlaced> {
            _cqrs::Later(mail(event))
        }
    }
    pub struct __Here;
    _cqrs::begin_here! {
        __Here, __Handler
    }
    #[automatically_derived]
    impl _cqrs::Handled<OrderPlaced, _cqrs::this_crate!()>
    for <OrderPlaced as _cqrs::HandledIn<__Here>>::Slot {
        type By = __Here;
    }
    const _: fn() = || {
        _cqrs::check::a_handler_is_in_the_crate_of_its_message::<
            {
                _cqrs::check::in_one_crate(
                    <OrderPlaced as _cqrs::Message>::HOME,
                    _cqrs::module_path!(),
                )
            },
        >();
        _cqrs::check::only_a_handler_of_an_event_has_a_subscription::<OrderPlaced>();
        _cqrs::check::only_a_handler_of_an_event_has_a_subscription::<OrderPlaced>();
        _cqrs::check::a_handler_begins_at_the_start_of_what_is_kept::<
            { <OrderPlaced as _cqrs::Message>::TRANSIENT },
        >();
    };
    _cqrs::submit! {
        Handler(<__Handler as _cqrs::Handler<OrderPlaced>>::info)
    }
};
