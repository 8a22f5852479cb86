//! `crate = path` names the core where it is not `::cqrs_core`.

mod framework {
    pub use ::cqrs_core::*;
}

mod orders {
    use crate::framework::{self, Call, Events, Fault, Next, Outcome, Principal, Problem};
    use crate::framework::{behavior, command, event, handler, provide, query};

    #[event(transient, crate = framework)]
    #[derive(Clone)]
    struct Placed;

    #[event(version = 2, upcasts(ShippedV1), crate = framework)]
    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    struct Shipped {
        #[aggregate_id("order")]
        order: u64,
    }

    #[derive(serde::Deserialize)]
    struct ShippedV1(u64);

    impl From<ShippedV1> for Shipped {
        fn from(ShippedV1(order): ShippedV1) -> Self {
            Shipped { order }
        }
    }

    #[command(crate = crate::framework, error = OrderError)]
    struct Place;

    #[query(crate = crate::framework)]
    struct Count;

    #[command(
        crate = crate::framework,
        authorize = may_ship,
        idempotent,
        validate,
        timeout = "5s",
        retry(3, on = conflict),
    )]
    #[derive(Clone, serde::Serialize, serde::Deserialize, garde::Validate)]
    struct Ship {
        #[garde(skip)]
        order: u64,
    }

    fn may_ship(_who: &Principal, _message: &Ship) -> bool {
        true
    }

    #[query(output = u8, crate = crate::framework, authorize = "orders:read", cache(ttl = "30s", invalidated_by(Placed)))]
    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Price;

    #[derive(Debug, thiserror::Error, Problem)]
    #[problem(crate = crate::framework)]
    enum OrderError {
        #[error("{0}")]
        #[fault]
        Store(Fault),
    }

    struct Clock;

    #[behavior(order = 10, on(Place | queries), crate = crate::framework)]
    async fn audit(_call: &Call<'_>, next: Next<'_>, _clock: &Clock) -> Outcome {
        next.run().await
    }

    #[handler(crate = crate::framework)]
    async fn ship(cmd: Ship) {
        drop(cmd.order);
    }

    #[handler(crate = crate::framework, name = "shipped", from = start)]
    fn shipped(event: Shipped) {
        assert!(event.order > 0);
    }

    #[handler(crate = crate::framework, inline)]
    fn stock(_: Shipped) {}

    #[handler(crate = crate::framework)]
    fn price(_: Price) -> u8 {
        1
    }

    #[handler(crate = crate::framework)]
    fn place(_: Place, _clock: &Clock, _events: &mut Events) -> Result<(), OrderError> {
        Ok(())
    }

    #[handler(crate = crate::framework)]
    fn count(_: Count) {}

    #[provide(crate = crate::framework)]
    fn clock() -> Clock {
        Clock
    }
}

fn main() {}
