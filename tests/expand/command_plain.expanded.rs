// command_plain.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::command;

pub struct Tidy;

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::Message for Tidy {
        type Kind = _cqrs::kind::Command;
        type Output = ();
        type Error = _cqrs::Infallible;
        type Returns = ();
        type Routing = _cqrs::Static;
        type Pipeline = _cqrs::Direct;
        fn sort(__returned: Self::Returns) -> _cqrs::Dispatched<Self> {
            _cqrs::Result::Ok(__returned)
        }
        type Crate = _cqrs::this_crate!();
        const HOME: _cqrs::Option<&'static _cqrs::str> = _cqrs::Option::Some(
            _cqrs::module_path!(),
        );
        fn info() -> &'static _cqrs::MessageInfo {
            static INFO: _cqrs::MessageInfo = _cqrs::MessageInfo::command::<
                Tidy,
            >("Tidy", _cqrs::place!("Tidy"), "");
            &INFO
        }
    }
    #[automatically_derived]
    impl _cqrs::Command for Tidy {}
    #[automatically_derived]
    impl<__Handler> _cqrs::HandledIn<__Handler> for Tidy {
        type Slot = Tidy;
    }
    _cqrs::submit! {
        Message(<Tidy as _cqrs::Message>::info)
    }
};
