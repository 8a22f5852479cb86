use cqrs_core::{Context, Principal, command};

#[command(authorize = may_place)]
struct Place;

async fn may_place(_who: &Principal, _message: &Place, _context: Context) -> bool {
    true
}

fn main() {}
