use cqrs_core::provide;

#[provide(per_call)]
fn number() -> u64 {
    7
}

fn main() {}
