use cqrs_core::{Bus, command, handler};

#[command]
struct Place;

#[handler]
fn place(_: Place) {}

fn main() {
    let _bus = Bus::builder().register(|_: Place| async {}).build();
}
