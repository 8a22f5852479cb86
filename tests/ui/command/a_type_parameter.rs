use cqrs_core::command;

#[command(output = u64)]
struct Place<T> {
    what: T,
}

fn main() {}
