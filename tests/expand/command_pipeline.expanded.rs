// command_pipeline.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::{Fault, Principal, command};

pub trait Orders: Send + Sync {
    fn owner(&self, order: u64) -> Option<String>;
}

pub async fn may_cancel(
    who: &Principal,
    message: &CancelOrder,
    orders: &(dyn Orders + 'static),
) -> bool {
    orders.owner(message.order).as_deref() == Some(who.id())
}

/// Cancels an order.
#[derive(Clone, serde::Serialize, serde::Deserialize, garde::Validate)]
pub struct CancelOrder {
    #[garde(range(min = 1))]
    pub order: u64,
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::Message for CancelOrder {
        type Kind = _cqrs::kind::Command;
        type Output = ();
        type Error = Fault;
        type Returns = _cqrs::Result<(), Fault>;
        type Routing = _cqrs::Static;
        type Pipeline = _cqrs::Layered;
        const TIMED: _cqrs::bool = true;
        fn sort(__returned: Self::Returns) -> _cqrs::Dispatched<Self> {
            _cqrs::sort!(Fault, __returned)
        }
        type Crate = _cqrs::this_crate!();
        const HOME: _cqrs::Option<&'static _cqrs::str> = _cqrs::Option::Some(
            _cqrs::module_path!(),
        );
        fn info() -> &'static _cqrs::MessageInfo {
            static INFO: _cqrs::MessageInfo = _cqrs::MessageInfo::command::<
                CancelOrder,
            >("CancelOrder", _cqrs::place!("CancelOrder"), "Cancels an order.")
                .policy(
                    _cqrs::PolicyInfo::new(
                        "may_cancel",
                        _cqrs::needs_of::<CancelOrder, _, _>(&may_cancel),
                        |__question| _cqrs::ask::<
                            CancelOrder,
                            _,
                            _,
                        >(may_cancel, __question),
                    ),
                    _cqrs::place!("CancelOrder"),
                )
                .idempotent::<CancelOrder, _cqrs::Rejected>(_cqrs::place!("CancelOrder"))
                .validate::<CancelOrder>(_cqrs::place!("CancelOrder"))
                .timeout(
                    _cqrs::Duration::from_millis(5000),
                    _cqrs::place!("CancelOrder"),
                )
                .retry(
                    _cqrs::Retry::of::<
                        CancelOrder,
                    >(
                        3,
                        &[_cqrs::FaultKind::Conflict],
                        _cqrs::Duration::from_millis(20),
                    ),
                    _cqrs::place!("CancelOrder"),
                );
            &INFO
        }
    }
    #[automatically_derived]
    impl _cqrs::Command for CancelOrder {}
    #[automatically_derived]
    impl<__Handler> _cqrs::HandledIn<__Handler> for CancelOrder {
        type Slot = CancelOrder;
    }
    _cqrs::submit! {
        Message(<CancelOrder as _cqrs::Message>::info)
    }
};
