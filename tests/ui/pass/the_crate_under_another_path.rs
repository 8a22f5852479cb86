//! `crate = path` names the core where it is not `::cqrs_core`.

mod framework {
    pub use ::cqrs_core::*;
}

mod orders {
    use crate::framework::{self, Events, Fault, Problem, command, event, handler, provide, query};

    #[event(transient, crate = framework)]
    #[derive(Clone)]
    struct Placed;

    #[command(crate = crate::framework, error = OrderError)]
    struct Place;

    #[query(crate = crate::framework)]
    struct Count;

    #[derive(Debug, thiserror::Error, Problem)]
    #[problem(crate = crate::framework)]
    enum OrderError {
        #[error("{0}")]
        #[fault]
        Store(Fault),
    }

    struct Clock;

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
