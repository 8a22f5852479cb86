use cqrs_core::{Principal, command};

#[command(authorize = may_place)]
struct Place;

struct Ship;

fn may_place(_who: &Principal, _message: &Ship) -> bool {
    true
}

fn main() {}
