// command_aggregate.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::command;

#[derive(::cqrs_core::__private::MessageFields)]
pub struct ConfirmOrder {
    #[aggregate_id]
    pub order: OrderId,
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::Message for ConfirmOrder {
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
                ConfirmOrder,
            >("ConfirmOrder", _cqrs::place!("ConfirmOrder"), "")
                .in_stream::<ConfirmOrder>();
            &INFO
        }
    }
    #[automatically_derived]
    impl _cqrs::Command for ConfirmOrder {}
    #[automatically_derived]
    impl<__Handler> _cqrs::HandledIn<__Handler> for ConfirmOrder {
        type Slot = ConfirmOrder;
    }
    #[automatically_derived]
    impl _cqrs::NamesAggregate for ConfirmOrder {
        type Id = OrderId;
        const CATEGORY: &'static _cqrs::str = "order";
        fn aggregate_id(&self) -> &Self::Id {
            &self.order
        }
    }
    _cqrs::submit! {
        Message(<ConfirmOrder as _cqrs::Message>::info)
    }
};

#[derive(::cqrs_core::__private::MessageFields)]
/// Which of the fields is there, the compiler says.
pub struct MoveParcel {
    #[cfg(any(unix, not(unix)))]
    #[aggregate_id("shop.parcel")]
    pub parcel: u64,
    #[cfg(all(unix, windows))]
    #[aggregate_id]
    pub order: OrderId,
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    #[automatically_derived]
    impl _cqrs::Message for MoveParcel {
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
            static INFO: _cqrs::MessageInfo = {
                let __info = _cqrs::MessageInfo::command::<
                    MoveParcel,
                >(
                        "MoveParcel",
                        _cqrs::place!("MoveParcel"),
                        "Which of the fields is there, the compiler says.",
                    )
                    .contract();
                #[cfg(any(unix, not(unix)))]
                let __info = __info.in_stream::<MoveParcel>();
                #[cfg(all(unix, windows))]
                let __info = __info.in_stream::<MoveParcel>();
                __info
            };
            &INFO
        }
    }
    #[automatically_derived]
    impl _cqrs::Command for MoveParcel {}
    #[automatically_derived]
    impl<__Handler> _cqrs::HandledIn<__Handler> for MoveParcel {
        type Slot = __Handler;
    }
    #[automatically_derived]
    impl _cqrs::Handled for MoveParcel {
        type By = _cqrs::Linked;
    }
    #[automatically_derived]
    impl _cqrs::Registered for MoveParcel {}
    #[cfg(any(unix, not(unix)))]
    #[automatically_derived]
    impl _cqrs::NamesAggregate for MoveParcel {
        type Id = u64;
        const CATEGORY: &'static _cqrs::str = "shop.parcel";
        fn aggregate_id(&self) -> &Self::Id {
            &self.parcel
        }
    }
    #[cfg(all(unix, windows))]
    #[automatically_derived]
    impl _cqrs::NamesAggregate for MoveParcel {
        type Id = OrderId;
        const CATEGORY: &'static _cqrs::str = "order";
        fn aggregate_id(&self) -> &Self::Id {
            &self.order
        }
    }
    _cqrs::submit! {
        Message(<MoveParcel as _cqrs::Message>::info)
    }
};

pub struct OrderId(pub u64);

impl std::fmt::Display for OrderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
