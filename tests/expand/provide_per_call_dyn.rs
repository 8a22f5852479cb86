use cqrs_core::{Context, provide};

pub trait Orders: Send {}

pub struct InMemory {
    pub context: Context,
}

impl Orders for InMemory {}

#[provide]
pub fn orders(context: Context) -> Box<dyn Orders> {
    Box::new(InMemory { context })
}
