use cqrs_core::command;

struct Orders;

#[command]
impl Orders {
    fn place(&self) {}
}

fn main() {}
