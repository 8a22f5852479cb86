use cqrs_core::{command, handler};

struct Orders<T>(T);

#[command]
struct Place;

#[handler]
impl<T: Send + Sync + 'static> Orders<T> {
    async fn place(&self, _: Place) {}
}

fn main() {}
