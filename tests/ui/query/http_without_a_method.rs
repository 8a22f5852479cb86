use cqrs_core::{handler, query};

#[query(output = Option<u64>, http(none = 404))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Count;

#[handler]
fn count(_: Count) -> Option<u64> {
    None
}

fn main() {}
