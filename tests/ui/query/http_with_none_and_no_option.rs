use cqrs_core::{handler, query};

#[query(output = Vec<u64>, http(get = "/counts", none = 404))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Counts;

#[handler]
fn counts(_: Counts) -> Vec<u64> {
    Vec::new()
}

fn main() {}
