//! medi-rs 3: one concrete mediator type, whose `mediator!` lists every module and every route.
//! Resources are borrowed (`&Db`), which is documented beside cloning them and costs nothing;
//! a handler that borrows takes the mediator first. No runtime feature: commands need none.

use std::hint::black_box;
use std::sync::Arc;

use medi_rs::{Command, medi_handler, medi_module, mediator};

use crate::measure::Candidate;
use crate::workload::{Db, Orders, Ping, Workload, settle};

// What `#[derive(MediCommand)]` writes; the message is shared with the other candidates.
impl Command for Ping {
    type Response = u64;
    type Error = String;
}

#[medi_handler]
async fn ping(_mediator: &Pings, db: &Arc<Db>, orders: &Arc<dyn Orders>, command: Ping) -> Result<u64, String> {
    std::future::ready(()).await;
    settle(command.id, command.name, db, &**orders)
}

medi_module! {
    manifest pings;
    resources { db: Arc<Db>; orders: Arc<dyn Orders>; }
    commands { Ping => ping; }
}

mediator! {
    struct Pings {
        event_queue_capacity: 1;
        event_workers: 1;
        modules: [pings];
    }
}

pub fn rows(workload: Workload) -> Vec<Candidate> {
    if workload == Workload::Sync {
        return Vec::new();
    }
    let db = Arc::new(Db::new());
    let mediator = Pings::builder().db(db.clone()).orders(db).build();
    vec![workload.candidate("medi-rs 3", async move |i| black_box(&mediator).send(Ping::new(i)).await)]
}
