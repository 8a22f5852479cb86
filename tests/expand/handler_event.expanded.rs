// handler_event.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::{EventMeta, event, handler};

pub trait Mailer: Send + Sync {
    fn send(&self, number: u64) -> std::io::Result<()>;
}

#[event(transient)]
#[derive(Clone)]
pub struct OrderPlaced {
    pub number: u64,
}

pub async fn mail(
    event: OrderPlaced,
    _meta: EventMeta,
    mailer: &dyn Mailer,
) -> std::io::Result<()> {
    mailer.send(event.number)
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    struct __Handler;
    #[automatically_derived]
    impl _cqrs::Handler<OrderPlaced> for __Handler {
        type Shared = (_cqrs::Arc<dyn Mailer>,);
        type Given = (EventMeta,);
        type Opened = ();
        fn info() -> &'static _cqrs::HandlerInfo {
            static INFO: _cqrs::HandlerInfo = _cqrs::HandlerInfo::of::<
                OrderPlaced,
                __Handler,
            >(_cqrs::place!("mail"));
            &INFO
        }
        fn call<'x>(
            (mailer,): &'x Self::Shared,
            (_meta,): Self::Given,
            (): &'x mut Self::Opened,
            event: OrderPlaced,
        ) -> impl _cqrs::Reply<'x, OrderPlaced> {
            _cqrs::Later(mail(event, _meta, &**mailer))
        }
    }
    pub struct __Here;
    _cqrs::begin_here! {
        __Here, __Handler
    }
    #[automatically_derived]
    impl _cqrs::Handled<OrderPlaced, _cqrs::this_crate!()>
    for <OrderPlaced as _cqrs::HandledIn<__Here>>::Slot {
        type By = __Here;
    }
    const _: fn() = || {
        _cqrs::check::a_handler_is_in_the_crate_of_its_message::<
            {
                _cqrs::check::in_one_crate(
                    <OrderPlaced as _cqrs::Message>::HOME,
                    _cqrs::module_path!(),
                )
            },
        >();
        _cqrs::check::value::<OrderPlaced, EventMeta, false>().may_be_taken();
        _cqrs::check::a_query_takes_what_is_read_only::<OrderPlaced, dyn Mailer>();
    };
    _cqrs::submit! {
        Handler(<__Handler as _cqrs::Handler<OrderPlaced>>::info)
    }
};
