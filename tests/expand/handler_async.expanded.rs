// handler_async.rs, expanded. UPDATE_EXPECT=1 rewrites this file.

use cqrs_core::{Context, Events, command, event, handler};

pub struct Prices;

pub trait Mailer: Send + Sync {
    fn send(&self, number: u64);
}

pub trait Orders: Send {
    fn add(&mut self, number: u64);
}

#[event(transient)]
#[derive(Clone)]
pub struct OrderPlaced;

#[derive(Debug)]
pub struct OrderError;

#[command(output = u64, error = OrderError)]
pub struct PlaceOrder {
    pub number: u64,
}

pub async fn place_order(
    cmd: PlaceOrder,
    _prices: &Prices,
    mailer: &dyn Mailer,
    events: &mut Events,
    orders: &mut dyn Orders,
    _context: Context,
) -> Result<u64, OrderError> {
    orders.add(cmd.number);
    events.raise(OrderPlaced);
    mailer.send(cmd.number);
    Ok(cmd.number)
}

#[doc(hidden)]
#[allow(unused_qualifications)]
const _: () = {
    use ::cqrs_core::__private as _cqrs;
    struct __Handler;
    #[automatically_derived]
    impl _cqrs::Handler<PlaceOrder> for __Handler {
        type Shared = _cqrs::Tuple<(_cqrs::Arc<Prices>, _cqrs::Arc<dyn Mailer>)>;
        type Given = (Context,);
        type Opened = _cqrs::Tuple<(Events, _cqrs::Provided<dyn Orders>)>;
        fn info() -> &'static _cqrs::HandlerInfo {
            static INFO: _cqrs::HandlerInfo = _cqrs::HandlerInfo::of::<
                PlaceOrder,
                __Handler,
            >(_cqrs::place!("place_order"));
            &INFO
        }
        fn call<'x>(
            (_prices, mailer): &'x Self::Shared,
            (_context,): Self::Given,
            (events, orders): &'x mut Self::Opened,
            cmd: PlaceOrder,
        ) -> impl _cqrs::Reply<'x, PlaceOrder> {
            _cqrs::Later(
                place_order(cmd, &**_prices, &**mailer, events, &mut *orders.0, _context),
            )
        }
    }
    pub struct __Here;
    _cqrs::begin_here! {
        __Here, __Handler
    }
    #[automatically_derived]
    impl _cqrs::Handled<PlaceOrder, _cqrs::this_crate!()>
    for <PlaceOrder as _cqrs::HandledIn<__Here>>::Slot {
        type By = __Here;
    }
    const _: fn() = || {
        _cqrs::check::a_handler_is_in_the_crate_of_its_message::<
            {
                _cqrs::check::in_one_crate(
                    <PlaceOrder as _cqrs::Message>::HOME,
                    _cqrs::module_path!(),
                )
            },
        >();
        _cqrs::check::reference::<PlaceOrder, Prices>().may_be_taken();
        _cqrs::check::a_query_takes_what_is_read_only::<PlaceOrder, dyn Mailer>();
        _cqrs::check::a_query_opens_nothing::<PlaceOrder>();
        _cqrs::check::a_query_opens_nothing::<PlaceOrder>();
        _cqrs::check::value::<PlaceOrder, Context, true>().may_be_taken();
    };
    _cqrs::submit! {
        Handler(<__Handler as _cqrs::Handler<PlaceOrder>>::info)
    }
};
