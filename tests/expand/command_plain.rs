use cqrs_core::command;

#[command]
pub struct Tidy;
