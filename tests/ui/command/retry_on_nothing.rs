use cqrs_core::command;

#[command(retry(3, on =))]
#[derive(Clone)]
struct Place;

fn main() {}
