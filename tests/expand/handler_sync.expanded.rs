// handler_sync.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::{command, handler};

#[command(output = u64)]
pub struct Add {
    pub left: u64,
    pub right: u64,
}

pub fn add(cmd: Add) -> u64 {
    cmd.left + cmd.right
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    struct __Handler;
    #[automatically_derived]
    impl _cqrs::Handler<Add> for __Handler {
        type Shared = ();
        type Given = ();
        type Opened = ();
        fn info() -> &'static _cqrs::HandlerInfo {
            static INFO: _cqrs::HandlerInfo = _cqrs::HandlerInfo::of::<
                Add,
                __Handler,
            >(_cqrs::place!("add"));
            &INFO
        }
        fn call<'x>(
            (): &'x Self::Shared,
            (): Self::Given,
            (): &'x mut Self::Opened,
            cmd: Add,
        ) -> impl _cqrs::Reply<'x, Add> {
            _cqrs::Now(move || add(cmd))
        }
    }
    pub struct __Here;
    _cqrs::begin_here! {
        __Here, __Handler
    }
    #[automatically_derived]
    impl _cqrs::Handled<Add, _cqrs::this_crate!()>
    for <Add as _cqrs::HandledIn<__Here>>::Slot {
        type By = __Here;
    }
    const _: fn() = || {
        _cqrs::check::a_handler_is_in_the_crate_of_its_message::<
            {
                _cqrs::check::in_one_crate(
                    <Add as _cqrs::Message>::HOME,
                    _cqrs::module_path!(),
                )
            },
        >();
        _cqrs::check::a_timeout_interrupts_an_async_fn::<
            { <Add as _cqrs::Message>::TIMED },
        >();
    };
    _cqrs::submit! {
        Handler(<__Handler as _cqrs::Handler<Add>>::info)
    }
};
