use cqrs_core::command;

#[command]
struct Place<const LINES: usize> {
    lines: [u64; LINES],
}

fn main() {}
