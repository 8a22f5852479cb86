use cqrs_core::{Principal, command};

#[command(authorize = may_place)]
struct Place;

async fn may_place(_who: &Principal, _message: &Place) -> u8 {
    1
}

fn main() {}
