// event_transient.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::event;

#[derive(Clone)]
pub struct Ticked;

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::Message for Ticked {
        type Kind = _cqrs::kind::Event;
        type Output = ();
        type Error = _cqrs::BoxError;
        type Returns = _cqrs::EventReturned;
        type Routing = _cqrs::FanOut;
        type Pipeline = _cqrs::Direct;
        const TRANSIENT: _cqrs::bool = true;
        fn sort(__returned: Self::Returns) -> _cqrs::Dispatched<Self> {
            __returned.sort()
        }
        type Crate = _cqrs::this_crate!();
        const HOME: _cqrs::Option<&'static _cqrs::str> = _cqrs::Option::None;
        fn info() -> &'static _cqrs::MessageInfo {
            static INFO: _cqrs::MessageInfo = _cqrs::MessageInfo::event::<
                Ticked,
            >("Ticked", _cqrs::place!("Ticked"), "")
                .transient();
            &INFO
        }
    }
    #[automatically_derived]
    impl _cqrs::Event for Ticked {}
    #[automatically_derived]
    impl<__Handler> _cqrs::HandledIn<__Handler> for Ticked {
        type Slot = __Handler;
    }
    #[automatically_derived]
    impl _cqrs::Registered for Ticked {}
    _cqrs::submit! {
        Message(<Ticked as _cqrs::Message>::info)
    }
};
