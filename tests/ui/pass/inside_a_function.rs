//! Messages, handlers and providers may be declared inside a function.

#![deny(warnings, non_local_definitions, unreachable_pub)]

use cqrs_core::Bus;

fn main() {
    use cqrs_core::{Events, command, event, handler, provide};

    #[event(transient)]
    #[derive(Clone)]
    struct Placed;

    #[command(output = u64, error = String)]
    struct Place;

    #[derive(Debug)]
    struct Clock(u64);

    #[provide]
    fn clock() -> Clock {
        Clock(7)
    }

    #[handler]
    async fn place(_: Place, clock: &Clock, events: &mut Events) -> Result<u64, String> {
        events.raise(Placed);
        Ok(clock.0)
    }

    #[handler]
    fn mail(_: Placed) {}

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let placed = runtime.block_on(async { Bus::global().execute(Place).await });
    assert_eq!(placed.unwrap(), 7);
}
