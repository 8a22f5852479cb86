use cqrs_core::{handler, query};

#[query(output = u64, http(get = "/counts"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
enum Count {
    All,
    Of(String),
}

#[handler]
fn count(_: Count) -> u64 {
    7
}

fn main() {}
