use cqrs_core::{command, query};

#[command]
struct Place;

#[query(cache(ttl = "30s", invalidated_by(Place)))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Count;

fn main() {}
