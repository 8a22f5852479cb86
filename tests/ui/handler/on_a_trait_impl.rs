use cqrs_core::{command, handler};

trait Places {
    fn place(&self, cmd: Place);
}

struct Orders;

#[command]
struct Place;

#[handler]
impl Places for Orders {
    fn place(&self, _: Place) {}
}

fn main() {}
