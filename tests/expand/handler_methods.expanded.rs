// handler_methods.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::{Events, ReadOnly, command, event, handler, query};

pub struct Counter {
    start: u64,
}

impl ReadOnly for Counter {}

#[event(transient)]
#[derive(Clone)]
pub struct Counted;

#[command]
pub struct Count;

#[query(output = u64)]
pub struct GetCount;

impl Counter {
    async fn count(&self, _: Count, events: &mut Events) {
        events.raise(Counted);
    }
    fn get(&self, _: GetCount) -> u64 {
        self.start
    }
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    struct __Handler;
    #[automatically_derived]
    impl _cqrs::Handler<Count> for __Handler {
        type Shared = (_cqrs::Arc<Counter>,);
        type Given = ();
        type Opened = (Events,);
        fn info() -> &'static _cqrs::HandlerInfo {
            static INFO: _cqrs::HandlerInfo = _cqrs::HandlerInfo::of::<
                Count,
                __Handler,
            >(_cqrs::place!("Counter::count"))
                .method_of(_cqrs::path!("Counter"));
            &INFO
        }
        fn call<'x>(
            (__self,): &'x Self::Shared,
            (): Self::Given,
            (events,): &'x mut Self::Opened,
            __message: Count,
        ) -> impl _cqrs::Reply<'x, Count> {
            _cqrs::Later(<Counter>::count(&**__self, __message, events))
        }
    }
    pub struct __Here;
    _cqrs::begin_here! {
        __Here, __Handler
    }
    #[automatically_derived]
    impl _cqrs::Handled<Count, _cqrs::this_crate!()>
    for <Count as _cqrs::HandledIn<__Here>>::Slot {
        type By = __Here;
    }
    const _: fn() = || {
        _cqrs::check::a_handler_is_in_the_crate_of_its_message::<
            {
                _cqrs::check::in_one_crate(
                    <Count as _cqrs::Message>::HOME,
                    _cqrs::module_path!(),
                )
            },
        >();
        _cqrs::check::reference::<Count, Counter>().may_be_taken();
        _cqrs::check::a_query_opens_nothing::<Count>();
    };
    _cqrs::submit! {
        Handler(<__Handler as _cqrs::Handler<Count>>::info)
    }
};
#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    struct __Handler;
    #[automatically_derived]
    impl _cqrs::Handler<GetCount> for __Handler {
        type Shared = (_cqrs::Arc<Counter>,);
        type Given = ();
        type Opened = ();
        fn info() -> &'static _cqrs::HandlerInfo {
            static INFO: _cqrs::HandlerInfo = _cqrs::HandlerInfo::of::<
                GetCount,
                __Handler,
            >(_cqrs::place!("Counter::get"))
                .method_of(_cqrs::path!("Counter"));
            &INFO
        }
        fn call<'x>(
            (__self,): &'x Self::Shared,
            (): Self::Given,
            (): &'x mut Self::Opened,
            __message: GetCount,
        ) -> impl _cqrs::Reply<'x, GetCount> {
            _cqrs::Now(move || <Counter>::get(&**__self, __message))
        }
    }
    pub struct __Here;
    _cqrs::begin_here! {
        __Here, __Handler
    }
    #[automatically_derived]
    impl _cqrs::Handled<GetCount, _cqrs::this_crate!()>
    for <GetCount as _cqrs::HandledIn<__Here>>::Slot {
        type By = __Here;
    }
    const _: fn() = || {
        _cqrs::check::a_handler_is_in_the_crate_of_its_message::<
            {
                _cqrs::check::in_one_crate(
                    <GetCount as _cqrs::Message>::HOME,
                    _cqrs::module_path!(),
                )
            },
        >();
        _cqrs::check::a_timeout_interrupts_an_async_fn::<
            { <GetCount as _cqrs::Message>::TIMED },
        >();
        _cqrs::check::reference::<GetCount, Counter>().may_be_taken();
    };
    _cqrs::submit! {
        Handler(<__Handler as _cqrs::Handler<GetCount>>::info)
    }
};
