// command_checked.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::command;

/// Ships an order.
pub struct ShipOrder {
    pub order: u64,
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::Message for ShipOrder {
        type Kind = _cqrs::kind::Command;
        type Output = ();
        type Error = _cqrs::Infallible;
        type Returns = ();
        type Routing = _cqrs::Static;
        type Pipeline = _cqrs::Checked;
        const TIMED: _cqrs::bool = true;
        fn sort(__returned: Self::Returns) -> _cqrs::Dispatched<Self> {
            _cqrs::Result::Ok(__returned)
        }
        type Crate = _cqrs::this_crate!();
        const HOME: _cqrs::Option<&'static _cqrs::str> = _cqrs::Option::Some(
            _cqrs::module_path!(),
        );
        fn info() -> &'static _cqrs::MessageInfo {
            static INFO: _cqrs::MessageInfo = _cqrs::MessageInfo::command::<
                ShipOrder,
            >("ShipOrder", _cqrs::place!("ShipOrder"), "Ships an order.")
                .scope("orders:write", _cqrs::place!("ShipOrder"))
                .timeout(
                    _cqrs::Duration::from_millis(90000),
                    _cqrs::place!("ShipOrder"),
                );
            &INFO
        }
    }
    #[automatically_derived]
    impl _cqrs::Command for ShipOrder {}
    #[automatically_derived]
    impl<__Handler> _cqrs::HandledIn<__Handler> for ShipOrder {
        type Slot = ShipOrder;
    }
    _cqrs::submit! {
        Message(<ShipOrder as _cqrs::Message>::info)
    }
};
