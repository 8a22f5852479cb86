use cqrs_core::event;

#[event(transient, public, authorize = "orders:write", validate, idempotent)]
#[derive(Clone)]
struct Placed;

#[event(transient, timeout = "5s", retry(3), cache(ttl = "30s"))]
#[derive(Clone)]
struct Shipped;

fn main() {}
