// query_http.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::query;

use schemars::JsonSchema;

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Name {
    pub id: u64,
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::Message for Name {
        type Kind = _cqrs::kind::Query;
        type Output = Option<String>;
        type Error = _cqrs::Infallible;
        type Returns = Option<String>;
        type Routing = _cqrs::Static;
        type Pipeline = _cqrs::Direct;
        fn sort(__returned: Self::Returns) -> _cqrs::Dispatched<Self> {
            _cqrs::Result::Ok(__returned)
        }
        fn is_success(__output: &Self::Output) -> _cqrs::bool {
            _cqrs::succeeded!(Option < String >, __output)
        }
        type Crate = _cqrs::this_crate!();
        const HOME: _cqrs::Option<&'static _cqrs::str> = _cqrs::Option::Some(
            _cqrs::module_path!(),
        );
        fn info() -> &'static _cqrs::MessageInfo {
            static INFO: _cqrs::MessageInfo = _cqrs::MessageInfo::query::<
                Name,
            >("Name", _cqrs::place!("Name"), "")
                .http(
                    _cqrs::route!(query Name "Name" : Get "/names/{id}", none(404u16)),
                );
            &INFO
        }
    }
    #[automatically_derived]
    impl _cqrs::Query for Name {}
    #[automatically_derived]
    impl<__Handler> _cqrs::HandledIn<__Handler> for Name {
        type Slot = Name;
    }
    #[automatically_derived]
    impl _cqrs::Wire for Name {}
    _cqrs::routed!(
        Name answers Option < String >, may_be_none(_cqrs::form!(Option < String >))
    );
    _cqrs::submit! {
        Message(<Name as _cqrs::Message>::info)
    }
};

#[cqrs_core::handler]
fn name(query: Name) -> Option<String> {
    (query.id == 7).then(|| "Ada".to_owned())
}
