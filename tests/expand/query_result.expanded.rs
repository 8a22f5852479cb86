// query_result.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::{Fault, query};

pub struct OrderView;

/// One order, if it is there.
pub struct GetOrder {
    pub number: u64,
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::Message for GetOrder {
        type Kind = _cqrs::kind::Query;
        type Output = Option<OrderView>;
        type Error = Fault;
        type Returns = _cqrs::Result<Option<OrderView>, Fault>;
        type Routing = _cqrs::Static;
        type Pipeline = _cqrs::Direct;
        fn sort(__returned: Self::Returns) -> _cqrs::Dispatched<Self> {
            _cqrs::sort!(Fault, __returned)
        }
        fn is_success(__output: &Self::Output) -> _cqrs::bool {
            _cqrs::succeeded!(Option < OrderView >, __output)
        }
        type Crate = _cqrs::this_crate!();
        const HOME: _cqrs::Option<&'static _cqrs::str> = _cqrs::Option::Some(
            _cqrs::module_path!(),
        );
        fn info() -> &'static _cqrs::MessageInfo {
            static INFO: _cqrs::MessageInfo = _cqrs::MessageInfo::query::<
                GetOrder,
            >("GetOrder", _cqrs::place!("GetOrder"), "One order, if it is there.");
            &INFO
        }
    }
    #[automatically_derived]
    impl _cqrs::Query for GetOrder {}
    #[automatically_derived]
    impl<__Handler> _cqrs::HandledIn<__Handler> for GetOrder {
        type Slot = GetOrder;
    }
    _cqrs::submit! {
        Message(<GetOrder as _cqrs::Message>::info)
    }
};
