use cqrs_core::event;

#[event(version = "2")]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Placed;

#[event(version = 0)]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Shipped;

#[event(version)]
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Paid;

fn main() {}
