use cqrs_core::provide;

#[provide]
fn clock() {}

fn main() {}
