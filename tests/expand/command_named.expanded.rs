// command_named.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::command;

#[derive(serde::Serialize, serde::Deserialize)]
pub struct CancelOrder {
    pub number: u64,
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::Message for CancelOrder {
        type Kind = _cqrs::kind::Command;
        type Output = ();
        type Error = _cqrs::Infallible;
        type Returns = ();
        type Routing = _cqrs::ByRegistry;
        type Pipeline = _cqrs::Direct;
        fn sort(__returned: Self::Returns) -> _cqrs::Dispatched<Self> {
            _cqrs::Result::Ok(__returned)
        }
        type Crate = _cqrs::this_crate!();
        const HOME: _cqrs::Option<&'static _cqrs::str> = _cqrs::Option::None;
        fn info() -> &'static _cqrs::MessageInfo {
            static INFO: _cqrs::MessageInfo = _cqrs::MessageInfo::command::<
                CancelOrder,
            >("orders.cancel", _cqrs::place!("CancelOrder"), "")
                .contract()
                .wire(_cqrs::WireInfo::command::<CancelOrder>());
            &INFO
        }
    }
    #[automatically_derived]
    impl _cqrs::Command for CancelOrder {}
    #[automatically_derived]
    impl<__Handler> _cqrs::HandledIn<__Handler> for CancelOrder {
        type Slot = __Handler;
    }
    #[automatically_derived]
    impl _cqrs::Handled for CancelOrder {
        type By = _cqrs::Linked;
    }
    #[automatically_derived]
    impl _cqrs::Registered for CancelOrder {}
    #[automatically_derived]
    impl _cqrs::Wire for CancelOrder {}
    _cqrs::submit! {
        Message(<CancelOrder as _cqrs::Message>::info)
    }
};

#[derive(serde::Serialize, serde::Deserialize)]
pub enum Shift {
    Begin,
    End { at: u64 },
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::Message for Shift {
        type Kind = _cqrs::kind::Command;
        type Output = bool;
        type Error = _cqrs::Infallible;
        type Returns = bool;
        type Routing = _cqrs::ByRegistry;
        type Pipeline = _cqrs::Direct;
        fn sort(__returned: Self::Returns) -> _cqrs::Dispatched<Self> {
            _cqrs::Result::Ok(__returned)
        }
        fn is_success(__output: &Self::Output) -> _cqrs::bool {
            _cqrs::succeeded!(bool, __output)
        }
        type Crate = _cqrs::this_crate!();
        const HOME: _cqrs::Option<&'static _cqrs::str> = _cqrs::Option::None;
        fn info() -> &'static _cqrs::MessageInfo {
            static INFO: _cqrs::MessageInfo = _cqrs::MessageInfo::command::<
                Shift,
            >("Shift", _cqrs::place!("Shift"), "")
                .contract()
                .wire(_cqrs::WireInfo::command::<Shift>());
            &INFO
        }
    }
    #[automatically_derived]
    impl _cqrs::Command for Shift {}
    #[automatically_derived]
    impl<__Handler> _cqrs::HandledIn<__Handler> for Shift {
        type Slot = __Handler;
    }
    #[automatically_derived]
    impl _cqrs::Handled for Shift {
        type By = _cqrs::Linked;
    }
    #[automatically_derived]
    impl _cqrs::Registered for Shift {}
    #[automatically_derived]
    impl _cqrs::Wire for Shift {}
    const _: fn() = || _cqrs::check::a_commands_output_is_no_aggregate::<
        { _cqrs::aggregate!(bool) },
    >();
    _cqrs::submit! {
        Message(<Shift as _cqrs::Message>::info)
    }
};
