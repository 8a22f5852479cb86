//! mediator-rs 0.1: handlers registered by hand in a map from `TypeId`, looked up at each call.
//! The dependencies are fields of the context, which is borrowed into every handler.
//! No behaviors and no extensions, so the pipeline is as short as it gets.

use std::hint::black_box;
use std::sync::Arc;

use async_trait::async_trait;
use mediator_rs::{Handler, Mediator, Request};

use crate::measure::Candidate;
use crate::workload::{Db, Orders, Ping, Workload, settle};

struct App {
    db: Arc<Db>,
    orders: Arc<dyn Orders>,
}

impl Request for Ping {
    type Output = u64;
}

struct Answer;

#[async_trait]
impl Handler<Ping, String, App> for Answer {
    async fn handle(&self, ping: Ping, app: &App) -> Result<u64, String> {
        std::future::ready(()).await;
        settle(ping.id, ping.name, &app.db, &*app.orders)
    }
}

pub fn rows(workload: Workload) -> Vec<Candidate> {
    if workload == Workload::Sync {
        return Vec::new();
    }
    let db = Arc::new(Db::new());
    let app = App { db: db.clone(), orders: db };
    let mut mediator: Mediator<App, String> = Mediator::new();
    mediator.register::<Ping, _>(Answer);
    vec![workload.candidate("mediator-rs 0.1", async move |i| {
        black_box(&mediator).dispatch(Ping::new(i), black_box(&app)).await
    })]
}
