use cqrs_core::{NamesAggregate, command, handler};

#[command]
struct Confirm {
    order: u64,
}

#[handler]
fn confirm(_: Confirm) {}

fn stream<C: NamesAggregate>(_: &C) {}

fn main() {
    stream(&Confirm { order: 7 });
}
