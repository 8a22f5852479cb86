// command_result.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::command;

pub struct OrderPlaced {
    pub number: u64,
}

#[derive(Debug)]
pub struct OrderError;

/// Places an order.
///
/// The customer is told by mail.
#[derive(Clone)]
pub struct PlaceOrder {
    pub customer: u64,
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::Message for PlaceOrder {
        type Kind = _cqrs::kind::Command;
        type Output = OrderPlaced;
        type Error = OrderError;
        type Returns = _cqrs::Result<OrderPlaced, OrderError>;
        type Routing = _cqrs::Static;
        type Pipeline = _cqrs::Direct;
        fn sort(__returned: Self::Returns) -> _cqrs::Dispatched<Self> {
            _cqrs::sort!(OrderError, __returned)
        }
        fn is_success(__output: &Self::Output) -> _cqrs::bool {
            _cqrs::succeeded!(OrderPlaced, __output)
        }
        type Crate = _cqrs::this_crate!();
        const HOME: _cqrs::Option<&'static _cqrs::str> = _cqrs::Option::Some(
            _cqrs::module_path!(),
        );
        fn info() -> &'static _cqrs::MessageInfo {
            static INFO: _cqrs::MessageInfo = _cqrs::MessageInfo::command::<
                PlaceOrder,
            >(
                "PlaceOrder",
                _cqrs::place!("PlaceOrder"),
                "Places an order.\n\nThe customer is told by mail.",
            );
            &INFO
        }
    }
    #[automatically_derived]
    impl _cqrs::Command for PlaceOrder {}
    #[automatically_derived]
    impl<__Handler> _cqrs::HandledIn<__Handler> for PlaceOrder {
        type Slot = PlaceOrder;
    }
    const _: fn() = || _cqrs::check::a_commands_output_is_no_aggregate::<
        { _cqrs::aggregate!(OrderPlaced) },
    >();
    _cqrs::submit! {
        Message(<PlaceOrder as _cqrs::Message>::info)
    }
};
