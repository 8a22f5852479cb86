use cqrs_core::{Principal, command};

#[command(authorize = may_place)]
struct Place;

trait Owners: Send + Sync {}

// It has to be `&(dyn Owners + 'static)`.
fn may_place(_who: &Principal, _message: &Place, _owners: &dyn Owners) -> bool {
    true
}

fn main() {}
