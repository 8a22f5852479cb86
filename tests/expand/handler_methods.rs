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

#[handler]
impl Counter {
    async fn count(&self, _: Count, events: &mut Events) {
        events.raise(Counted);
    }

    fn get(&self, _: GetCount) -> u64 {
        self.start
    }
}
