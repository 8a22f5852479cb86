use cqrs_core::{event, query};

#[event(transient)]
#[derive(Clone)]
struct Placed;

#[query(cache(ttl = "30s", invalidated_by(Placed, Placed)))]
#[derive(Clone, PartialEq, Eq, Hash)]
struct Count;

fn main() {}
