use cqrs_core::command;

#[command(authorize = may_place)]
struct Place;

fn main() {}
