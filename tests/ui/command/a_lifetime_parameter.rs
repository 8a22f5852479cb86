use cqrs_core::{Bus, command, handler};

#[command(output = usize)]
struct Place<'a> {
    customer: &'a str,
}

#[handler]
fn place(cmd: Place<'_>) -> usize {
    cmd.customer.len()
}

async fn caller(bus: &Bus) {
    let _ = bus.execute(Place { customer: "Ada" }).await;
}

fn main() {}
