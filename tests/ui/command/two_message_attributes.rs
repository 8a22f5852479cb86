use cqrs_core::{command, query};

#[command]
#[query]
struct Place;

fn main() {}
