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
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    pub struct __Handler;
    #[automatically_derived]
    impl _cqrs::Handler<Count> for __Handler {
        type Shared = (_cqrs::Arc<Counter>,);
        type Given = ();
        type Opened = (Events,);
        fn info() -> &'static _cqrs::HandlerInfo {
            static INFO: _cqrs::HandlerInfo = _cqrs::HandlerInfo::of::<
                Count,
                __Handler,
            >(_cqrs::place!("Counter::count"));
            &INFO
        }
        fn call<'x>(
            (this,): &'x Self::Shared,
            (): Self::Given,
            (events,): &'x mut Self::Opened,
            message: Count,
        ) -> impl _cqrs::Reply<'x, Count> {
            _cqrs::Later(<Counter>::count(&**this, message, events))
        }
    }
    #[automatically_derived]
    impl _cqrs::Handled<Count> for <Count as _cqrs::HandledIn<__Handler>>::Slot {
        type By = _cqrs::Here<__Handler>;
    }
    const _: fn() = || {
        _cqrs::check::the_first_parameter_is_a_message::<Count>();
        _cqrs::check::a_handler_is_in_the_crate_of_its_message::<
            {
                _cqrs::check::in_one_crate(
                    <Count as _cqrs::Message>::HOME,
                    _cqrs::module_path!(),
                )
            },
        >();
        _cqrs::check::a_reference_is_a_shared_dependency::<Count, Counter>();
        _cqrs::check::a_mutable_reference_is_a_resource::<Count, Events>();
    };
    _cqrs::submit! {
        Handler(<__Handler as _cqrs::Handler<Count>>::info)
    }
};
#[doc(hidden)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    pub struct __Handler;
    #[automatically_derived]
    impl _cqrs::Handler<GetCount> for __Handler {
        type Shared = (_cqrs::Arc<Counter>,);
        type Given = ();
        type Opened = ();
        fn info() -> &'static _cqrs::HandlerInfo {
            static INFO: _cqrs::HandlerInfo = _cqrs::HandlerInfo::of::<
                GetCount,
                __Handler,
            >(_cqrs::place!("Counter::get"));
            &INFO
        }
        fn call<'x>(
            (this,): &'x Self::Shared,
            (): Self::Given,
            (): &'x mut Self::Opened,
            message: GetCount,
        ) -> impl _cqrs::Reply<'x, GetCount> {
            _cqrs::Now(move || <Counter>::get(&**this, message))
        }
    }
    #[automatically_derived]
    impl _cqrs::Handled<GetCount> for <GetCount as _cqrs::HandledIn<__Handler>>::Slot {
        type By = _cqrs::Here<__Handler>;
    }
    const _: fn() = || {
        _cqrs::check::the_first_parameter_is_a_message::<GetCount>();
        _cqrs::check::a_handler_is_in_the_crate_of_its_message::<
            {
                _cqrs::check::in_one_crate(
                    <GetCount as _cqrs::Message>::HOME,
                    _cqrs::module_path!(),
                )
            },
        >();
        _cqrs::check::a_reference_is_a_shared_dependency::<GetCount, Counter>();
    };
    _cqrs::submit! {
        Handler(<__Handler as _cqrs::Handler<GetCount>>::info)
    }
};
