use cqrs_core::{handler, query};

#[query(output = u64, http(get = "/counts", status = 205))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Count;

#[handler]
fn count(_: Count) -> u64 {
    7
}

fn main() {}
