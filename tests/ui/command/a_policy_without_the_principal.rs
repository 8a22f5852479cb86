use cqrs_core::command;

#[command(authorize = may_place)]
struct Place;

fn may_place(_message: &Place) -> bool {
    true
}

fn main() {}
