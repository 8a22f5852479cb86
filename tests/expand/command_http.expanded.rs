// command_http.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::command;

use schemars::JsonSchema;

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Placed {
    pub number: u64,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Place {
    pub shop: String,
    pub agent: Option<String>,
    pub dry_run: bool,
    pub lines: Vec<u64>,
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::Message for Place {
        type Kind = _cqrs::kind::Command;
        type Output = Placed;
        type Error = _cqrs::Infallible;
        type Returns = Placed;
        type Routing = _cqrs::Static;
        type Pipeline = _cqrs::Direct;
        fn sort(__returned: Self::Returns) -> _cqrs::Dispatched<Self> {
            _cqrs::Result::Ok(__returned)
        }
        fn is_success(__output: &Self::Output) -> _cqrs::bool {
            _cqrs::succeeded!(Placed, __output)
        }
        type Crate = _cqrs::this_crate!();
        const HOME: _cqrs::Option<&'static _cqrs::str> = _cqrs::Option::Some(
            _cqrs::module_path!(),
        );
        fn info() -> &'static _cqrs::MessageInfo {
            static INFO: _cqrs::MessageInfo = _cqrs::MessageInfo::command::<
                Place,
            >("Place", _cqrs::place!("Place"), "")
                .http(
                    _cqrs::route!(
                        command Place "Place" : Post "/shops/{shop}/orders",
                        status(201u16), headers(& [("agent", "User-Agent")]),
                        from_query(& ["dry_run"])
                    ),
                );
            &INFO
        }
    }
    #[automatically_derived]
    impl _cqrs::Command for Place {}
    #[automatically_derived]
    impl<__Handler> _cqrs::HandledIn<__Handler> for Place {
        type Slot = Place;
    }
    #[automatically_derived]
    impl _cqrs::Wire for Place {}
    _cqrs::routed!(
        Place answers Placed, takes_a_status(_cqrs::form!(Placed)); located
        at["/orders/", ""] by[& __value.number] of __value
    );
    const _: fn() = || _cqrs::check::a_commands_output_is_no_aggregate::<
        { _cqrs::aggregate!(Placed) },
    >();
    _cqrs::submit! {
        Message(<Place as _cqrs::Message>::info)
    }
};

#[cqrs_core::handler]
fn place(cmd: Place) -> Placed {
    Placed {
        number: cmd.lines.len() as u64,
    }
}
