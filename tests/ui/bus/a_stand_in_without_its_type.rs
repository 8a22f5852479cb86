use std::sync::Arc;

use cqrs_core::Bus;

trait Clock: Send + Sync {}
struct Fixed;
impl Clock for Fixed {}

fn main() {
    let _bus = Bus::builder().provide_dyn::<dyn Clock>(Fixed).build();
    let _arc: Arc<dyn Clock> = Arc::new(Fixed);
}
