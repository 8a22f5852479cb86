use cqrs_core::command;

#[command(ouput = u64, transient, wire, wire)]
struct Place<T> {
    what: T,
}

fn main() {}
