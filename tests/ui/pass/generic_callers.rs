//! A helper may be generic over the message that it sends.

use cqrs_core::{Bus, Command, Dispatched, Handled, Query};

async fn send<C: Command + Handled>(bus: &Bus, command: C) -> Dispatched<C> {
    bus.execute(command).timeout(std::time::Duration::from_secs(1)).await
}

async fn ask<Q: Query + Handled>(bus: Bus, query: Q) -> Dispatched<Q> {
    bus.query(query).await
}

fn main() {}
