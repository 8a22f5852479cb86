use cqrs_core::event;

#[event(transient)]
#[derive(Clone)]
pub struct Ticked;
