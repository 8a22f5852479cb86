// command_contract.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::command;

#[derive(Debug)]
pub struct Declined;

/// Charges a customer.
pub struct Charge {
    pub cents: u64,
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::Message for Charge {
        type Kind = _cqrs::kind::Command;
        type Output = u64;
        type Error = Declined;
        type Returns = _cqrs::Result<u64, Declined>;
        type Routing = _cqrs::ByRegistry;
        type Pipeline = _cqrs::Direct;
        fn sort(__returned: Self::Returns) -> _cqrs::Dispatched<Self> {
            _cqrs::sort!(Declined, __returned)
        }
        fn is_success(__output: &Self::Output) -> _cqrs::bool {
            _cqrs::succeeded!(u64, __output)
        }
        type Crate = _cqrs::this_crate!();
        const HOME: _cqrs::Option<&'static _cqrs::str> = _cqrs::Option::None;
        fn info() -> &'static _cqrs::MessageInfo {
            static INFO: _cqrs::MessageInfo = _cqrs::MessageInfo::command::<
                Charge,
            >("Charge", _cqrs::place!("Charge"), "Charges a customer.")
                .contract();
            &INFO
        }
    }
    #[automatically_derived]
    impl _cqrs::Command for Charge {}
    #[automatically_derived]
    impl<__Handler> _cqrs::HandledIn<__Handler> for Charge {
        type Slot = __Handler;
    }
    #[automatically_derived]
    impl _cqrs::Handled for Charge {
        type By = _cqrs::Linked;
    }
    #[automatically_derived]
    impl _cqrs::Registered for Charge {}
    const _: fn() = || _cqrs::check::a_commands_output_is_no_aggregate::<
        { _cqrs::aggregate!(u64) },
    >();
    _cqrs::submit! {
        Message(<Charge as _cqrs::Message>::info)
    }
};
