// event_stored.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::event;

/// An order was placed.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct OrderPlaced {
    pub number: u64,
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
            >("OrderPlaced", _cqrs::place!("OrderPlaced"), "An order was placed.")
                .an_event_is_stored_as_json::<OrderPlaced>();
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
