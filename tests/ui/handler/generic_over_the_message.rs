use cqrs_core::{Message, handler};

#[handler]
async fn place<C: Message>(_: C) {}

fn main() {}
