use cqrs_core::{handler, query};

#[query(output = u64, http(post = "/counts", headers(name = "X-Name"), query(name)))]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
struct Count {
    name: String,
}

#[handler]
fn count(_: Count) -> u64 {
    7
}

fn main() {}
