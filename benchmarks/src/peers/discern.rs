//! discern 0.1: handlers listed in `command_bus!`, kept in a map from `TypeId`, looked up at each
//! call. The dependencies are fields of the handler, as in its README.
//! There is one way to set it up; message, output and error must be `Debug`.

use std::hint::black_box;
use std::sync::Arc;

use discern::async_trait;
use discern::command::{Command, CommandBus, CommandHandler};
use discern::command_bus;

use crate::measure::Candidate;
use crate::workload::{Db, Orders, Ping, Workload, settle};

impl Command for Ping {
    type Metadata = u64;
    type Error = String;
}

struct Answer {
    db: Arc<Db>,
    orders: Arc<dyn Orders>,
}

#[async_trait]
impl CommandHandler<Ping> for Answer {
    async fn handle(&self, ping: Ping) -> Result<u64, String> {
        std::future::ready(()).await;
        settle(ping.id, ping.name, &self.db, &*self.orders)
    }
}

pub fn rows(workload: Workload) -> Vec<Candidate> {
    if workload == Workload::Sync {
        return Vec::new();
    }
    let db = Arc::new(Db::new());
    let bus: CommandBus = command_bus! {
        Ping => Answer { db: db.clone(), orders: db },
    };
    vec![workload.candidate("discern 0.1", async move |i| black_box(&bus).dispatch(Ping::new(i)).await)]
}
