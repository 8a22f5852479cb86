use cqrs_core::{Bus, command, handler};

#[command]
enum Place {}

#[handler]
fn place(cmd: Place) {
    match cmd {}
}

async fn caller(bus: &Bus, cmd: Place) {
    let _ = bus.execute(cmd).await;
}

fn main() {}
