// event_versions.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::event;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct OrderPlaced {
    pub number: u64,
    pub lines: u32,
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::Message for OrderPlaced {
        type Kind = _cqrs::kind::Event;
        type Output = ();
        type Error = _cqrs::BoxError;
        type Returns = _cqrs::EventReturned;
        type Routing = _cqrs::FanOut;
        type Pipeline = _cqrs::Direct;
        fn sort(__returned: Self::Returns) -> _cqrs::Dispatched<Self> {
            __returned.sort()
        }
        type Crate = _cqrs::this_crate!();
        const HOME: _cqrs::Option<&'static _cqrs::str> = _cqrs::Option::None;
        fn info() -> &'static _cqrs::MessageInfo {
            static INFO: _cqrs::MessageInfo = _cqrs::MessageInfo::event::<
                OrderPlaced,
            >("orders.placed", _cqrs::place!("OrderPlaced"), "")
                .an_event_is_stored_as_json::<OrderPlaced>()
                .version(3)
                .upcasts(
                    &[
                        _cqrs::earlier::<OrderPlaced, OrderPlacedV1>(),
                        _cqrs::earlier::<OrderPlaced, OrderPlacedV2>(),
                    ],
                );
            &INFO
        }
    }
    #[automatically_derived]
    impl _cqrs::Event for OrderPlaced {}
    #[automatically_derived]
    impl<__Handler> _cqrs::HandledIn<__Handler> for OrderPlaced {
        type Slot = __Handler;
    }
    #[automatically_derived]
    impl _cqrs::Registered for OrderPlaced {}
    _cqrs::submit! {
        Message(<OrderPlaced as _cqrs::Message>::info)
    }
};

#[derive(serde::Deserialize)]
pub struct OrderPlacedV1 {
    number: u64,
}

#[derive(serde::Deserialize)]
pub struct OrderPlacedV2 {
    number: u64,
    line_count: u32,
}

impl From<OrderPlacedV1> for OrderPlaced {
    fn from(earlier: OrderPlacedV1) -> Self {
        OrderPlacedV2 {
            number: earlier.number,
            line_count: 1,
        }
            .into()
    }
}

impl From<OrderPlacedV2> for OrderPlaced {
    fn from(earlier: OrderPlacedV2) -> Self {
        OrderPlaced {
            number: earlier.number,
            lines: earlier.line_count,
        }
    }
}
