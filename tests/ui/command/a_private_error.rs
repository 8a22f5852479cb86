use cqrs_core::command;

struct Refused;

#[command(error = Refused)]
pub struct Place;

fn main() {}
