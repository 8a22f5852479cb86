use cqrs_core::{handler, query};

#[query(output = u64, http(get = "/users/{user_ic}/count"))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Count {
    user_id: u64,
}

#[handler]
fn count(_: Count) -> u64 {
    7
}

fn main() {}
