//! eventide-application 0.1: handlers registered by hand in a `DashMap` from the two `TypeId`s of
//! message and output, cloned out at each call. Dependencies are fields of the handler.
//! The in-memory bus is its only one; the context is the empty one and is made once, not per call.

use std::hint::black_box;
use std::sync::Arc;

use async_trait::async_trait;
use eventide_application::InMemoryCommandBus;
use eventide_application::command_bus::CommandBus;
use eventide_application::command_handler::CommandHandler;
use eventide_application::context::AppContext;
use eventide_application::error::AppError;

use crate::measure::Candidate;
use crate::workload::{Db, Orders, Ping, Workload, settle};

struct Answer {
    db: Arc<Db>,
    orders: Arc<dyn Orders>,
}

#[async_trait]
impl CommandHandler<Ping, u64> for Answer {
    async fn handle(&self, _context: &AppContext, ping: Ping) -> Result<u64, AppError> {
        std::future::ready(()).await;
        settle(ping.id, ping.name, &self.db, &*self.orders).map_err(AppError::validation)
    }
}

pub fn rows(workload: Workload) -> Vec<Candidate> {
    if workload == Workload::Sync {
        return Vec::new();
    }
    let db = Arc::new(Db::new());
    let bus = InMemoryCommandBus::new();
    bus.register::<Ping, u64, _>(Arc::new(Answer { db: db.clone(), orders: db })).expect("it is the first handler");
    let context = AppContext::default();
    vec![workload.candidate("eventide-application 0.1", async move |i| {
        black_box(&bus).dispatch::<Ping, u64>(black_box(&context), Ping::new(i)).await
    })]
}
