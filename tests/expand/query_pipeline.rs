use cqrs_core::{event, query};

#[event(transient)]
#[derive(Clone)]
pub struct OrderPlaced;

#[event(transient)]
#[derive(Clone)]
pub struct OrderShipped;

/// How many orders there are.
#[query(
    output = u64,
    public,
    cache(ttl = "30s", capacity = 100, shared, invalidated_by(OrderPlaced, OrderShipped)),
    timeout = "500ms",
    retry(3),
)]
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CountOrders;
