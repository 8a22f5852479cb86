//! The second baseline: what one writes by hand to have handlers behind a pointer.
//! A trait with one method and one boxed handler, which owns its dependencies; no lookup at all.
//! For the async handler the method returns a boxed future, as `async_trait` would make it.

use std::hint::black_box;
use std::pin::Pin;
use std::sync::Arc;

use crate::measure::Candidate;
use crate::workload::{Db, Orders, Ping, Workload, answer, answer_later};

type Answer = Result<u64, String>;
type BoxFuture<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

trait Handler: Send + Sync {
    fn handle(&self, ping: Ping) -> Answer;
}

trait AsyncHandler: Send + Sync {
    fn handle(&self, ping: Ping) -> BoxFuture<'_>;
}

struct Service {
    db: Arc<Db>,
    orders: Arc<dyn Orders>,
}

impl Handler for Service {
    fn handle(&self, ping: Ping) -> Answer {
        answer(ping, &self.db)
    }
}

impl AsyncHandler for Service {
    fn handle(&self, ping: Ping) -> BoxFuture<'_> {
        Box::pin(answer_later(ping, &self.db, &*self.orders))
    }
}

pub fn rows(workload: Workload) -> Vec<Candidate> {
    let db = Arc::new(Db::new());
    let service = Service { db: db.clone(), orders: db };
    let name = "`Box<dyn Handler>`";
    vec![match workload {
        Workload::Sync => {
            let handler: Box<dyn Handler> = black_box(Box::new(service));
            workload.candidate(name, async move |i| black_box(&handler).handle(Ping::new(i)))
        }
        Workload::Async => {
            let handler: Box<dyn AsyncHandler> = black_box(Box::new(service));
            workload.candidate(name, async move |i| black_box(&handler).handle(Ping::new(i)).await)
        }
    }]
}
