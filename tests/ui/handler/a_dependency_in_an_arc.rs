use std::sync::Arc;

use cqrs_core::{command, handler};

trait Mailer: Send + Sync {}

struct Pool<T>(T);

#[command]
struct Place;

#[handler]
async fn place(_: Place, _mailer: Arc<dyn Mailer>, _pool: std::sync::Arc<Pool<Vec<u8>>>) {}

fn main() {}
