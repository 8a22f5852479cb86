use cqrs_core::event;

#[event(http(post = "/orders"))]
#[derive(Clone, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct OrderPlaced;

fn main() {}
