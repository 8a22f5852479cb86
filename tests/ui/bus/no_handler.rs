use cqrs_core::{Bus, command};

#[command(output = u64)]
struct Place;

async fn caller() {
    let placed = Bus::global().execute(Place).await;
    println!("{:?}", placed);
}

fn main() {}
