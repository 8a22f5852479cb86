use cqrs_core::{Call, Events, Next, behavior};

#[behavior(ordr = 10, on(command))]
unsafe fn audit<T>(_call: Call<'_>, _next: Next<'_>, _events: &mut Events) {}

fn main() {}
