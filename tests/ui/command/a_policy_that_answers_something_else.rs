use cqrs_core::{Principal, command};

#[command(authorize = may_place)]
struct Place;

fn may_place(_who: &Principal, _message: &Place) -> Option<bool> {
    None
}

fn main() {}
