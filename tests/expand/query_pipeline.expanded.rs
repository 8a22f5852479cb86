// query_pipeline.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::{event, query};

#[event(transient)]
#[derive(Clone)]
pub struct OrderPlaced;

#[event(transient)]
#[derive(Clone)]
pub struct OrderShipped;

/// How many orders there are.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CountOrders;

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::Message for CountOrders {
        type Kind = _cqrs::kind::Query;
        type Output = u64;
        type Error = _cqrs::Infallible;
        type Returns = u64;
        type Routing = _cqrs::Static;
        type Pipeline = _cqrs::Layered;
        const TIMED: _cqrs::bool = true;
        fn sort(__returned: Self::Returns) -> _cqrs::Dispatched<Self> {
            _cqrs::Result::Ok(__returned)
        }
        fn is_success(__output: &Self::Output) -> _cqrs::bool {
            _cqrs::succeeded!(u64, __output)
        }
        type Crate = _cqrs::this_crate!();
        const HOME: _cqrs::Option<&'static _cqrs::str> = _cqrs::Option::Some(
            _cqrs::module_path!(),
        );
        fn info() -> &'static _cqrs::MessageInfo {
            static INFO: _cqrs::MessageInfo = _cqrs::MessageInfo::query::<
                CountOrders,
            >("CountOrders", _cqrs::place!("CountOrders"), "How many orders there are.")
                .public(_cqrs::place!("CountOrders"))
                .cache(
                    _cqrs::cached!(
                        CountOrders, _cqrs::Duration::from_millis(30000), 100, true,
                        [OrderPlaced, OrderShipped]
                    ),
                    _cqrs::place!("CountOrders"),
                )
                .timeout(_cqrs::Duration::from_millis(500), _cqrs::place!("CountOrders"))
                .retry(
                    _cqrs::Retry::of::<
                        CountOrders,
                    >(
                        3,
                        &[_cqrs::FaultKind::Conflict, _cqrs::FaultKind::Unavailable],
                        _cqrs::Duration::from_millis(50),
                    ),
                    _cqrs::place!("CountOrders"),
                );
            &INFO
        }
    }
    #[automatically_derived]
    impl _cqrs::Query for CountOrders {}
    #[automatically_derived]
    impl<__Handler> _cqrs::HandledIn<__Handler> for CountOrders {
        type Slot = CountOrders;
    }
    _cqrs::submit! {
        Message(<CountOrders as _cqrs::Message>::info)
    }
};
